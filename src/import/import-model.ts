// `ganymede import` as a long work: a generator from elsewhere, and its discriminator and encoder, as the next version
// of a model that is served like any other. What was decided is told with its reason, and a sheet of samples is drawn.

import { basename, join, resolve } from 'node:path';
import { Engine, type Graph } from '../engine/engine.js';
import { expected, GanymedeError } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { type Capability, checkGraph } from '../models/capabilities.js';
import type { DensityRatio } from '../models/density.js';
import type { Prior } from '../models/latent.js';
import { type Manifest, MODEL_NAME } from '../models/manifest.js';
import { refuseUnsafe } from '../models/verified.js';
import { addVersion } from '../models/versions.js';
import { warmUp } from '../models/warm-up.js';
import { VERSION } from '../version.js';
import { type Reporter, type WorkContext, working } from '../work.js';
import { checkDirection } from './direction.js';
import { openForeign } from './foreign.js';
import { type Generator, importGenerator, type Range } from './generator.js';
import { labelNames } from './label-names.js';
import type { ImageSize, Order } from './layout.js';
import { importDiscriminator, importEncoder, type ScoreKind } from './reader.js';
import { undecided } from './refusals.js';
import type { Decide, Decision } from './roles.js';
import { drawSheet } from './sheet.js';

export interface ImportOptions {
  /** Directory of the model, such as checkpoints/faces. */
  readonly out: string;
  readonly generator: string;
  readonly discriminator?: string;
  readonly encoder?: string;
  readonly license?: string;
  readonly title?: string;
  /** Normal without it. */
  readonly prior?: Prior;
  readonly image?: ImageSize | 'point';
  readonly layout?: Order;
  readonly output?: string;
  readonly range?: Range;
  readonly dRange?: Range;
  readonly dOutput?: string;
  readonly encoderOutput?: string;
  /** Number of classes, or a file with a name a line. */
  readonly labels?: string;
  readonly set?: Readonly<Record<string, number>>;
  readonly latent?: string;
  readonly label?: string;
  /** The input of the generator that takes the truncation. */
  readonly truncation?: string;
  readonly latentSize?: number;
  readonly score?: ScoreKind;
  readonly real?: 'high' | 'low';
  /** Real examples, by which the direction of the discriminator is checked: as docs/datasets.md addresses data. */
  readonly examples?: string;
  /** Rebuilds the networks, so that they can be trained further. */
  readonly trainable?: boolean;
  /** Writes no version. */
  readonly dryRun?: boolean;
  /** Where the sheet of samples is drawn. */
  readonly sheet?: string;
  /** Other folders of the same model: the number of the next version counts theirs. */
  readonly beside?: readonly string[];
}

export interface Imported {
  /** Directory of the version; null of a dry run. */
  readonly path: string | null;
  readonly sheet: string | null;
  readonly decisions: readonly Decision[];
}

export function importModel(options: ImportOptions, context?: WorkContext): Promise<Imported | null> {
  return working(context, async (report) => {
    const engine = await Engine.start({ workers: 1 });
    report.atEnd(() => engine.close());
    return bringIn(options, engine, report);
  });
}

async function bringIn(options: ImportOptions, engine: Engine, report: Reporter): Promise<Imported> {
  const { decisions, decide } = decisionsTo(report);
  const name = nameOf(options);
  refuseTogether(options);
  const labels = options.labels === undefined ? undefined : await labelNames(options.labels);
  report.started(`Importing ${options.generator}`);
  const prior = options.prior ?? { kind: 'normal' };
  const generator = await readGenerator(options, prior, labels, engine, decide);
  const priorText = prior.kind === 'normal' ? 'normal' : `uniform in [${prior.low}, ${prior.high}]`;
  decide('prior', priorText, options.prior ? 'as said by --prior' : USUAL_PRIOR);
  report.throwIfStopped();
  const parts = [
    { capability: 'generate', ...generator } as const,
    ...(await readers(options, generator, engine, decide)),
  ];
  const densityRatio = parts.find(({ capability }) => capability === 'score')?.densityRatio;
  const described: Described = {
    ...manifestOf(options, name, prior, generator, labels),
    graphs: {
      ...Object.fromEntries(parts.map(({ capability }) => [capability, { file: fileOf(capability) }])),
      ...(densityRatio ? { score: { file: fileOf('score'), densityRatio } } : {}),
    },
  };
  for (const part of parts) await checkAsServed(part, described);
  report.throwIfStopped();
  const onnxOf = (wanted: Capability) => parts.find(({ capability }) => capability === wanted)?.onnx;
  const rebuilt = options.trainable
    ? await (await import('./trainable.js')).trainable(
        described,
        { generate: generator.onnx, score: onnxOf('score') },
        decide,
      )
    : undefined;
  if (rebuilt) described.training = rebuilt.training;
  const png = await drawSheet(generator);
  const files = Object.fromEntries(
    parts.map(({ capability, onnx }) => {
      const own = capability === 'encode' ? undefined : rebuilt?.graphs[capability as 'generate' | 'score'];
      return [fileOf(capability), own ?? onnx] as const;
    }),
  );
  const all = png ? { ...files, 'samples.png': png } : files;
  const onVersion = (each: string) => report.version(each);
  const path = options.dryRun ? null : await addVersion(options.out, described, all, options.beside, onVersion);
  const sheet = png ? await placeOfSheet(options, name, path, png) : null;
  if (path) report.checkpoint(path);
  if (sheet) report.picture(sheet);
  report.endsWith({
    done: path ? `${path} is ready to be served. Look at its samples before you do.` : NOTHING_WRITTEN,
  });
  return { path, sheet, decisions };
}

const USUAL_PRIOR = 'a graph does not tell, and most are trained so; --prior uniform:-1,1 says another';
const NOTHING_WRITTEN = 'Nothing was written but the sheet of samples: leave --dry-run out to write a version.';

type Described = Omit<Manifest, 'files' | 'version'>;

interface Part {
  readonly capability: Capability;
  readonly onnx: Uint8Array<ArrayBuffer>;
  readonly graph: Graph;
  /** Of a discriminator. */
  readonly densityRatio?: DensityRatio;
}

function fileOf(capability: Capability): string {
  return `${capability}.onnx`;
}

/** What is imported beside the generator. */
async function readers(options: ImportOptions, generator: Generator, engine: Engine, decide: Decide): Promise<Part[]> {
  const { set, layout, score, real, examples } = options;
  const parts: Part[] = [];
  if (options.discriminator !== undefined) {
    const hints = { set, layout, score, real, range: options.dRange, output: options.dOutput };
    const foreign = await openForeign(options.discriminator);
    const part = await importDiscriminator(engine, foreign, generator, hints, decide);
    if (examples !== undefined) await checkDirection(part.graph, generator, examples, real !== undefined, decide);
    parts.push({ capability: 'score', ...part });
  }
  if (options.encoder !== undefined) {
    const hints = { set, layout, output: options.encoderOutput };
    const part = await importEncoder(engine, await openForeign(options.encoder), generator, hints, decide);
    parts.push({ capability: 'encode', ...part });
  }
  return parts;
}

/** As the server does when it loads a version. @throws GanymedeError CHECKPOINT_INVALID */
async function checkAsServed({ capability, graph, onnx }: Part, described: Described): Promise<void> {
  const where = `the imported graph "${capability}"`;
  const complete = { ...described, version: 1, files: {} };
  refuseUnsafe(onnx, where);
  checkGraph(graph, capability, complete, where);
  await warmUp(graph, capability, complete, where);
}

function decisionsTo(report: Reporter) {
  const decisions: Decision[] = [];
  const decide = (what: string, is: string, because: string) => {
    decisions.push({ what, is, because });
    report.metric('decision', { what, is, because }, `${what.padEnd(22)} ${is}\n${' '.repeat(23)}${because}`);
  };
  return { decisions, decide };
}

/** The name of the model, which its folder has; and a licence, before anything long begins. */
function nameOf({ out, license }: ImportOptions): string {
  const name = basename(resolve(out));
  if (!MODEL_NAME.test(name) || name.length > 64) {
    throw expected('--out to end in a name of lower-case letters and digits joined by "-", "_" or "."', name);
  }
  if (!license?.trim()) throw undecided('A graph does not tell under which licence it may be used.', '--license NAME');
  return name;
}

function refuseTogether({ trainable, truncation }: ImportOptions): void {
  if (!trainable || truncation === undefined) return;
  const message =
    'Expected --truncation without --trainable, as a network that is trained here takes none, but received both. Leave one of them out.';
  throw new GanymedeError('BAD_USER_INPUT', message, { details: { flag: '--trainable' } });
}

async function readGenerator(
  options: ImportOptions,
  prior: Prior,
  labels: readonly string[] | undefined,
  engine: Engine,
  decide: Decide,
): Promise<Generator> {
  const generator = await importGenerator(
    engine,
    await openForeign(options.generator),
    { ...options, prior, classes: labels?.length },
    decide,
  );
  if (labels && generator.classes === undefined) {
    throw new GanymedeError(
      'BAD_USER_INPUT',
      `Expected --labels for a generator that is told of a class but ${options.generator} has no input for one. Leave --labels out.`,
      { details: { flag: '--labels' } },
    );
  }
  return generator;
}

function manifestOf(
  options: ImportOptions,
  name: string,
  prior: Prior,
  { form, range, latentSize, truncation, classes, producer }: Generator,
  labels: readonly string[] | undefined,
): Omit<Manifest, 'files' | 'version' | 'graphs'> {
  const { generator, title, license } = options;
  return {
    format: 1,
    model: name,
    title: title ?? name,
    description: `Imported from ${basename(generator)}${producer ? `, written by ${producer}` : ''}.`,
    license: license!,
    created: new Date().toISOString(),
    latent: { size: latentSize, prior, ...(truncation !== 'latent' && { truncation }) },
    ...(form.kind === 'image'
      ? {
          image: {
            width: form.width,
            height: form.height,
            channels: form.channels,
            range: [...range] as [number, number],
          },
        }
      : { point: { size: form.size } }),
    ...(classes === undefined ? {} : { labels: [...(labels ?? Array.from({ length: classes }, (_, i) => `${i}`))] }),
    lineage: { codeVersion: VERSION },
    evaluations: [],
  };
}

async function placeOfSheet(
  { sheet, dryRun }: ImportOptions,
  name: string,
  path: string | null,
  png: Uint8Array,
): Promise<string> {
  const place = sheet ?? (dryRun || path === null ? `${name}-samples.png` : join(path, 'samples.png'));
  if (sheet !== undefined || path === null) await writeFileAtomically(place, png);
  return place;
}
