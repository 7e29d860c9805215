// Preview grids: what the averaged generator makes of the same seeds each time, so that two previews differ only by
// training. A preview shows what `sample(seed: 0 … 63)` will give once the checkpoint is served; of points, a cloud of
// seeds 0 … 2,047. With classes each column is a class and each row a seed.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CompiledStep, compileStep } from '../engine/step.js';
import { float32, type HostTensor, type HostTensors } from '../engine/tensor.js';
import { writeFileAtomically } from '../files/atomic.js';
import { type Channels, grid, type Pixels, toPixels } from '../images/pixels.js';
import { encodePng } from '../images/png.js';
import { scatter } from '../images/scatter.js';
import { oneHot } from '../models/labels.js';
import { latent } from '../models/latent.js';
import type { Network } from '../networks/network.js';
import type { Recipe } from '../recipes/recipe.js';
import { pick } from './step.js';

/** Folder of a run. */
export const PREVIEWS = 'previews';

/** The step that a file of that folder shows; null for any other name. */
export function stepOfPreview(name: string): number | null {
  const [, step] = /^step-(\d+)\.png$/.exec(name) ?? [];
  return step === undefined ? null : Number(step);
}

export function previewPath(folder: string, step: number): string {
  return join(folder, `step-${String(step).padStart(6, '0')}.png`);
}

const COLUMNS = 8;
/** Seeds shown: a grid of images, or a cloud of points. */
const IMAGES = 64;
const POINTS = 2048;
/** Classes shown, and seeds of each. */
const MOST_CLASSES = 16;
const ROWS = 8;

export interface PreviewOptions {
  readonly recipe: Recipe;
  readonly generator: Network;
  readonly params: HostTensors;
  readonly folder: string;
  readonly threads: number;
  /** How many classes the generator is told of; 0 for none. */
  readonly classes: number;
}

export class Previews {
  private constructor(
    private readonly sampler: CompiledStep,
    private readonly options: PreviewOptions,
    private readonly feeds: Record<string, HostTensor>,
  ) {}

  static async open(options: PreviewOptions): Promise<Previews> {
    const { generator, folder, threads } = options;
    const params = pick(options.params, 'generator/');
    await mkdir(folder, { recursive: true });
    const feeds = feedsOf(options);
    const sampler = await compileStep(
      (state, { z, label }) => ({
        state: {},
        outputs: { image: generator.apply(state, z!, label ? { label } : {}) },
      }),
      { state: params, inputs: feeds, threads },
    );
    return new Previews(sampler, options, feeds);
  }

  /** Writes `step-000500.png` and returns its path. The discriminator's parameters among `params` are not read. */
  async write(step: number, params: HostTensors): Promise<string> {
    this.sampler.setState(pick(params, 'generator/'));
    const { image } = await this.sampler.run(this.feeds);
    const values = image!.data as Float32Array;
    const shape = this.options.generator.output;
    const picture = shape.length === 1 ? scatter(values, shape[0]!) : this.gridOf(values);
    const path = previewPath(this.options.folder, step);
    await writeFileAtomically(path, await encodePng(picture));
    return path;
  }

  private gridOf(values: Float32Array): Pixels {
    const { generator, recipe } = this.options;
    const [channels, height, width] = generator.output as [Channels, number, number];
    const size = channels * height * width;
    const images = Array.from({ length: values.length / size }, (_, i) =>
      toPixels(values.subarray(i * size, (i + 1) * size), { width, height, channels, range: recipe.data.range }),
    );
    return grid(images, columnsOf(this.options), 2);
  }

  dispose(): Promise<void> {
    return this.sampler.dispose();
  }
}

function columnsOf({ classes }: PreviewOptions): number {
  return classes === 0 ? COLUMNS : Math.min(classes, MOST_CLASSES);
}

/** z of each picture or point, and its class where there are classes. */
function feedsOf(options: PreviewOptions): Record<string, HostTensor> {
  const { recipe, generator, classes } = options;
  const points = generator.output.length === 1;
  const columns = columnsOf(options);
  const count = points ? POINTS : classes === 0 ? IMAGES : ROWS * columns;
  const seedOf = (i: number) => (points || classes === 0 ? i : Math.floor(i / columns));
  const { size, prior } = recipe.latent;
  const z = new Float32Array(count * size);
  for (let i = 0; i < count; i++) z.set(latent(seedOf(i), size, prior), i * size);
  if (classes === 0) return { z: float32([count, size], z) };
  const labels = Array.from({ length: count }, (_, i) => i % (points ? classes : columns));
  return { z: float32([count, size], z), label: float32([count, classes], oneHot(labels, classes)) };
}
