// A feature net: the space in which images are compared. An ONNX file and a JSON file beside it that says what goes in
// and what comes out, so that any network exported from anywhere can serve, Inception v3 included.
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Engine, type Graph } from '../engine/engine.js';
import { sizeOf } from '../engine/tensor.js';
import { GanymedeError, messageOf } from '../errors.js';
import { MAX_EXAMPLE_SIDE } from '../images/limits.js';
import { digestOf } from '../models/files.js';
import { refuseUnsafe } from '../models/verified.js';
import { adaptImages, type ImageForm } from './net-input.js';
import { countOf, type OnRows, type Rows, sliceRows } from './rows.js';

const netSchema = z.strictObject({
  format: z.literal(1),
  name: z.string().min(1),
  description: z.string(),
  license: z.string().min(1),
  /** Of the ONNX file, which stands beside the JSON file under the same name. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  input: z.strictObject({
    name: z.string().min(1),
    channels: z.literal([1, 3, 4]),
    height: z.int().min(1).max(MAX_EXAMPLE_SIDE),
    width: z.int().min(1).max(MAX_EXAMPLE_SIDE),
    /** What black and full intensity become… */
    range: z.tuple([z.number(), z.number()]),
    /** …before this is taken off and divided by, one number a channel. */
    mean: z.array(z.number()).optional(),
    deviation: z.array(z.number().positive()).optional(),
    layout: z.enum(['NCHW', 'NHWC']).default('NCHW'),
  }),
  outputs: z.strictObject({
    /** [N, …] of float32; everything after the batch is one feature vector. */
    features: z.string().min(1),
    /** [N, classes]: only a classifier has it. */
    logits: z.string().min(1).optional(),
  }),
  labels: z.array(z.string()).optional(),
  /** How it was made and how well it does: plain facts. */
  training: z.record(z.string(), z.json()).optional(),
});
export type FeatureNetManifest = z.output<typeof netSchema>;

export interface Seen {
  readonly features: Rows;
  /** The most likely class of each image; none without logits. */
  readonly classes?: Uint32Array;
}

/** The classifier of MNIST digits that this package ships; how it was made: docs/evaluation.md. */
export const MNIST_FEATURES = fileURLToPath(new URL('../../feature-nets/mnist.onnx', import.meta.url));

/** The shipped net that takes images of this form; undefined where there is none. */
export function shippedNetFor({ width, height }: { width: number; height: number }): string | undefined {
  return width === 28 && height === 28 ? MNIST_FEATURES : undefined;
}

/** Images seen at once: as many as make so many values, at most 250. Of 299 × 299 × 3 that is 15. */
const BATCH_VALUES = 4_000_000;
const MOST = 250;

export class FeatureNet {
  private constructor(
    readonly manifest: FeatureNetManifest,
    private readonly engine: Engine,
    private readonly graph: Graph,
  ) {}

  /**
   * `file`: the ONNX file. @throws GanymedeError CONFIG_INVALID when the JSON beside it is missing, wrong, or of
   * another file; CHECKPOINT_INVALID for a graph that is not safe to load.
   */
  static async open(file: string, threads: number): Promise<FeatureNet> {
    const manifest = await readNetManifest(file);
    const bytes = new Uint8Array(await readFile(file));
    const { sha256 } = digestOf(bytes);
    if (sha256 !== manifest.sha256) {
      throw new GanymedeError(
        'CONFIG_INVALID',
        `Expected ${file} to have SHA-256 ${manifest.sha256} but received ${sha256}.`,
      );
    }
    refuseUnsafe(bytes, file);
    const engine = await Engine.start({ workers: 1, threadsPerWorker: threads });
    try {
      const graph = await engine.load(manifest.name, bytes);
      checkNames(graph, manifest, file);
      return new FeatureNet(manifest, engine, graph);
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  /** Rows are images [C, H, W] in [0, 1] of the given form; sizes and channels are adapted to what the net takes. */
  async see(images: Rows, form: ImageForm, onRows?: OnRows): Promise<Seen> {
    const count = countOf(images);
    const { input, outputs } = this.manifest;
    const shape =
      input.layout === 'NCHW'
        ? [input.channels, input.height, input.width]
        : [input.height, input.width, input.channels];
    let features: Rows | undefined;
    const classes = outputs.logits === undefined ? undefined : new Uint32Array(count);
    const batch = Math.min(MOST, Math.max(1, Math.floor(BATCH_VALUES / sizeOf(shape))));
    for (let from = 0; from < count; from += batch) {
      const here = Math.min(batch, count - from);
      const data = adaptImages(sliceRows(images, from, from + here), form, input);
      const results = await this.graph.run({ [input.name]: { dtype: 'float32', shape: [here, ...shape], data } });
      const values = results[outputs.features]!.data as Float32Array;
      const size = values.length / here;
      features ??= { data: new Float32Array(count * size), size };
      features.data.set(values, from * size);
      if (classes) classes.set(largest(results[outputs.logits!]!.data as Float32Array, here), from);
      onRows?.(from + here, count);
    }
    return classes ? { features: features!, classes } : { features: features! };
  }

  /** Share of held-out images that it takes for what they are, as its file tells; null where it does not. */
  get accuracy(): number | null {
    const measured = this.manifest.training?.['validation'];
    const found = trainedAccuracy.safeParse(measured);
    return found.success ? found.data.accuracy : null;
  }

  close(): Promise<void> {
    return this.engine.close();
  }
}

const trainedAccuracy = z.object({ accuracy: z.number().min(0).max(1) });

async function readNetManifest(file: string): Promise<FeatureNetManifest> {
  const path = join(dirname(file), `${basename(file, '.onnx')}.json`);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected ${path} to say what ${basename(file)} takes and gives, but: ${messageOf(cause)}. See docs/evaluation.md.`,
      { cause },
    );
  }
  const parsed = netSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new GanymedeError('CONFIG_INVALID', `${path} is not valid. ${z.prettifyError(parsed.error)}`);
}

function checkNames(graph: Graph, { input, outputs }: FeatureNetManifest, file: string): void {
  for (const [name, among] of [
    [input.name, graph.inputs],
    [outputs.features, graph.outputs],
    [outputs.logits ?? outputs.features, graph.outputs],
  ] as const) {
    if (Object.hasOwn(among, name)) continue;
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected ${basename(file)} to have "${name}" but it has ${Object.keys(among).join(', ')}.`,
    );
  }
}

/** Index of the largest of each row's values. */
function largest(values: Float32Array, rows: number): Uint32Array {
  const width = values.length / rows;
  return Uint32Array.from({ length: rows }, (_, row) => {
    const own = values.subarray(row * width, (row + 1) * width);
    return own.indexOf(own.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY));
  });
}
