// manifest.json: what a checkpoint says of itself, its schema, and reading and writing it. It checks the text only;
// whether the files match their digests, and the graphs the manifest, is the repository's to find out.

import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { expected, GanymedeError, messageOf } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { MAX_EXAMPLE_SIDE } from '../images/limits.js';
import { describeIssue, valueAt } from '../violations.js';
import { DENSITY_RATIOS } from './density.js';
import { sentences } from './faults.js';
import { invalid, readInside } from './files.js';

export const MANIFEST_FILE = 'manifest.json';

/** Lower-case words joined by "-", "_" or "."; it is a folder name and part of URLs. */
export const MODEL_NAME = /^[a-z0-9]+(?:[-_.][a-z0-9]+)*$/;

/** Versions stay within 32 bits: GraphQL's Int. */
export const MAX_VERSION = 2 ** 31 - 1;

const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** Of the name of a model, in characters. */
const MAX_NAME = 64;

const modelName = z
  .string()
  .max(MAX_NAME)
  .regex(MODEL_NAME, { error: 'a name of lower-case letters and digits joined by "-", "_" or "."' });
// No separators and no leading dot: a name that cannot lead out of the checkpoint's folder.
const fileName = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, { error: 'a plain file name inside the checkpoint, without folders' })
  .refine((name) => name !== MANIFEST_FILE, { error: 'a file other than the manifest itself' });
/** A version by name, which need not be there any more. */
export const modelVersion = z.strictObject({ model: modelName, version: z.int().min(1).max(MAX_VERSION) });
export type ModelVersion = z.output<typeof modelVersion>;
const jsonObject = z.record(z.string(), z.json());
export type JsonObject = z.output<typeof jsonObject>;
const count = z.int().nonnegative();
const graph = z.strictObject({ file: fileName });

const prior = z.discriminatedUnion('kind', [
  z
    .strictObject({ kind: z.literal('uniform'), low: z.number(), high: z.number() })
    .refine(({ low, high }) => low < high, { error: 'low < high', path: ['high'] }),
  z.strictObject({ kind: z.literal('normal') }),
]);

/** What a protocol measured, and on what: of `evaluations` here, and of each file in the folder of that name. */
export const evaluationSchema = z.strictObject({
  protocol: z.string().min(1),
  seed: count,
  dataset: jsonObject,
  figures: jsonObject,
  date: z.iso.datetime({ offset: true }),
});
export type Evaluation = z.output<typeof evaluationSchema>;

/** The schema of format 1. Strict everywhere: an unknown key is more often a typing error than an extension. */
export const manifestSchema = z
  .strictObject({
    format: z.literal(1),
    model: modelName,
    version: z.int().min(1).max(MAX_VERSION),
    title: z.string().min(1),
    description: z.string(),
    license: z.string().min(1),
    created: z.iso.datetime({ offset: true }),
    /** `truncation`: what it is about where it is not about z itself: truncation.ts. */
    latent: z.strictObject({
      size: z.int().min(1).max(65_536),
      prior,
      truncation: z.enum(['input', 'none']).optional(),
    }),
    /** Of a generator whose layers are each told of a style, as `map` and `synthesize` show: how many, and how long. */
    styles: z.strictObject({ layers: z.int().min(2).max(64), size: z.int().min(1).max(4096) }).optional(),
    /** One of `image` and `point` says what an example is. */
    image: z
      .strictObject({
        width: z.int().min(1).max(MAX_EXAMPLE_SIDE),
        height: z.int().min(1).max(MAX_EXAMPLE_SIDE),
        /** 1 grey, 3 RGB, 4 RGB and alpha. */
        channels: z.literal([1, 3, 4]),
        /** What became of transparency in the data, where it is not kept and did not become black. */
        alpha: z.enum(['white', 'drop']).optional(),
        /** Pixel values that stand for black and white. */
        range: z
          .tuple([z.number(), z.number()])
          .refine(([low, high]) => low < high, { error: '[low, high], low < high' }),
      })
      .optional(),
    /** Coordinates are those of the data, unscaled. */
    point: z.strictObject({ size: z.int().min(1).max(64) }).optional(),
    /** Names of the classes, in the order of the one-hot input. */
    labels: z
      .array(z.string().min(1))
      .min(2)
      .max(65_536)
      .refine((names) => new Set(names).size === names.length, { error: 'different names' })
      .optional(),
    /** Capability → graph. Inputs and outputs of each: capabilities.ts. */
    graphs: z
      .strictObject({
        generate: graph.optional(),
        /** `densityRatio` names how the logit gives ln p/q: density.ts. */
        score: graph.extend({ densityRatio: z.enum(DENSITY_RATIOS) }).optional(),
        /** `shares`: the share of each class of `labels` in the data that it was fitted to. */
        scorer: graph.extend({ shares: z.array(z.number().min(0).max(1)).optional() }).optional(),
        features: graph.optional(),
        encode: graph.optional(),
        classify: graph.optional(),
        inpaint: graph.optional(),
        map: graph.optional(),
        synthesize: graph.optional(),
      })
      .refine((graphs) => Object.keys(graphs).length > 0, { error: 'at least one graph' }),
    files: z.record(
      fileName,
      z.strictObject({
        bytes: count,
        sha256: z.string().regex(/^[0-9a-f]{64}$/, { error: '64 lower-case hexadecimal digits' }),
      }),
    ),
    training: z
      .strictObject({
        recipe: jsonObject,
        /** Of a run whose recipe was changed on its way: from which step on, and what. `recipe` is the newest. */
        segments: z.array(jsonObject).optional(),
        seed: count,
        step: count,
        kimg: z.number().nonnegative(),
        dataset: jsonObject,
        figures: jsonObject,
      })
      .optional(),
    /** What it was made by, and of which version; absent of versions that were made before this was noted. */
    lineage: z
      .strictObject({
        /** The release of Ganymede. */
        codeVersion: z.string().min(1).max(64),
        /** To which graphs were added, or with whose weights its training began. */
        parent: modelVersion.optional(),
      })
      .optional(),
    /** What was known when the version was made; what is learnt later lies beside it: evaluations.ts. */
    evaluations: z.array(evaluationSchema).default([]),
  })
  .superRefine((manifest, context) => {
    if ((manifest.image === undefined) === (manifest.point === undefined)) {
      context.addIssue({
        code: 'custom',
        path: ['image'],
        message: 'given, or else "point", and not both',
      });
    }
    if (manifest.graphs.inpaint && !manifest.image) {
      context.addIssue({ code: 'custom', path: ['graphs', 'inpaint'], message: 'left out of a model without images' });
    }
    const { generate, map, synthesize } = manifest.graphs;
    const parts = { generate, map, synthesize };
    if (manifest.styles || map || synthesize) {
      for (const [capability, entry] of Object.entries({ ...parts, styles: manifest.styles })) {
        if (entry) continue;
        const path = capability === 'styles' ? ['styles'] : ['graphs', capability];
        context.addIssue({ code: 'custom', path, message: 'given, as styles need map, synthesize and generate' });
      }
    }
    for (const [capability, entry] of Object.entries(manifest.graphs)) {
      if (entry && !Object.hasOwn(manifest.files, entry.file)) {
        context.addIssue({
          code: 'custom',
          path: ['graphs', capability, 'file'],
          message: 'a name listed under "files"',
        });
      }
    }
    const shares = manifest.graphs.scorer?.shares;
    if (shares && !areShares(shares, manifest.labels)) {
      context.addIssue({
        code: 'custom',
        path: ['graphs', 'scorer', 'shares'],
        message: 'a share for each of "labels", which add up to 1',
      });
    }
    if (manifest.graphs.classify && !manifest.labels) {
      context.addIssue({
        code: 'custom',
        path: ['labels'],
        message: 'the names of the classes that "classify" tells apart',
      });
    }
  });

function areShares(shares: readonly number[], labels: readonly string[] | undefined): boolean {
  const whole = shares.reduce((sum, share) => sum + share, 0);
  return shares.length === labels?.length && Math.abs(whole - 1) < 1e-6;
}

export type Manifest = z.output<typeof manifestSchema>;

/** Whether a model may be called so. */
export function isModelName(name: string): boolean {
  return modelName.safeParse(name).success;
}

/**
 * The name of the model whose versions lie in a folder: that of the folder.
 * @throws GanymedeError CONFIG_INVALID where no model may be called so
 */
export function modelIn(directory: string): string {
  const name = basename(resolve(directory));
  if (isModelName(name)) return name;
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_NAME);
  const proposed = plain.replaceAll(/^-+|-+$/g, '');
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected the folder of a model to have a name of at most ${MAX_NAME} lower-case letters and digits joined by "-", "_" or "." ` +
      `but received "${name}". Say ${join(dirname(directory), proposed || 'my-model')}; a title may be anything.`,
    { details: { directory, proposed } },
  );
}

/** Reads and checks `<directory>/manifest.json`; any failure is CHECKPOINT_INVALID. */
export async function readManifest(directory: string): Promise<Manifest> {
  const file = join(directory, MANIFEST_FILE);
  const bytes = await readInside(directory, MANIFEST_FILE, (size) => {
    if (size > MAX_MANIFEST_BYTES) throw invalid(file, `to have at most ${MAX_MANIFEST_BYTES} bytes`, `${size} bytes`);
  });
  return parseManifest(Buffer.from(bytes).toString('utf8'), file);
}

/** `file` only names the source in messages. */
export function parseManifest(text: string, file: string): Manifest {
  return checkManifest(parseJson(text, file), file);
}

export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GanymedeError('CHECKPOINT_INVALID', `Expected ${file} to hold JSON but received: ${messageOf(error)}.`, {
      cause: error,
      details: { file },
    });
  }
}

/**
 * Checks the manifest, then writes it so that a reader, or a power cut, finds the old text or the new and never a part.
 */
export async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  const file = join(directory, MANIFEST_FILE);
  await writeFileAtomically(file, `${JSON.stringify(checkManifest(manifest, file), null, 2)}\n`);
}

function checkManifest(value: unknown, file: string): Manifest {
  return checked(manifestSchema, value, file, 'the manifest');
}

/**
 * A document of a checkpoint that keeps to its schema, or CHECKPOINT_INVALID naming everything that is wrong with it.
 */
export function checked<T>(schema: z.ZodType<T>, value: unknown, file: string, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const violations = result.error.issues.map((issue) => ({
    ...describeIssue(issue),
    value: valueAt(value, issue.path),
  }));
  const texts = violations.map(({ path, expected: wanted, received, value: found }) => {
    const next = path === 'format' ? 'It may need a newer release.' : '';
    return expected(`${path || what} to be ${wanted}`, received ?? found, 'CHECKPOINT_INVALID', next).message;
  });
  throw new GanymedeError('CHECKPOINT_INVALID', `${file}: ${sentences(texts)}`, {
    details: {
      file,
      path: violations[0]!.path,
      violations: violations.map((each) => ({ path: each.path, expected: each.expected })),
    },
  });
}

/** As it will be read back: plain JSON, without keys that are undefined. */
export function toJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
