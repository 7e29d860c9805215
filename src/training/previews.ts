// Preview grids: what the averaged generator makes of the same seeds each time, so that two previews differ only by training.
// A preview shows what `sample(seed: 0 … 63)` will give once the checkpoint is served; of points, a cloud of seeds 0 … 2,047.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CompiledStep, compileStep } from '../engine/step.js';
import type { HostTensors } from '../engine/tensor.js';
import { grid, type Pixels, toPixels } from '../images/pixels.js';
import { encodePng } from '../images/png.js';
import { latent } from '../models/latent.js';
import { writeFileAtomically } from './files.js';
import type { Network } from './networks/network.js';
import type { Recipe } from './recipe.js';
import { scatter } from './scatter.js';

const COLUMNS = 8;
/** Seeds shown: a grid of images, or a cloud of points. */
const IMAGES = 64;
const POINTS = 2048;

export class Previews {
  private constructor(
    private readonly sampler: CompiledStep,
    private readonly recipe: Recipe,
    private readonly shape: readonly number[],
    private readonly folder: string,
    private readonly z: Float32Array<ArrayBuffer>,
  ) {}

  static async open(
    recipe: Recipe,
    generator: Network,
    params: HostTensors,
    folder: string,
    threads: number,
  ): Promise<Previews> {
    await mkdir(folder, { recursive: true });
    const count = generator.output.length === 1 ? POINTS : IMAGES;
    const z = new Float32Array(count * recipe.latent.size);
    for (let seed = 0; seed < count; seed++)
      z.set(latent(seed, recipe.latent.size, recipe.latent.prior), seed * recipe.latent.size);
    const sampler = await compileStep(
      (state, inputs) => ({ state: {}, outputs: { image: generator.apply(state, inputs['z']!) } }),
      {
        state: params,
        inputs: { z: { dtype: 'float32', shape: [count, recipe.latent.size] } },
        threads,
      },
    );
    return new Previews(sampler, recipe, generator.output, folder, z);
  }

  /** Writes `step-000500.png` and returns its path. */
  async write(step: number, params: HostTensors): Promise<string> {
    this.sampler.setState(params);
    const { image } = await this.sampler.run({ z: this.z });
    const values = image!.data as Float32Array;
    const picture = this.shape.length === 1 ? scatter(values, this.shape[0]!) : this.gridOf(values);
    const path = join(this.folder, `step-${String(step).padStart(6, '0')}.png`);
    await writeFileAtomically(path, await encodePng(picture));
    return path;
  }

  private gridOf(values: Float32Array): Pixels {
    const [channels, height, width] = this.shape as [1 | 3, number, number];
    const size = channels * height * width;
    const images = Array.from({ length: IMAGES }, (_, i) =>
      toPixels(values.subarray(i * size, (i + 1) * size), { width, height, channels, range: this.recipe.data.range }),
    );
    return grid(images, COLUMNS, 2);
  }

  dispose(): Promise<void> {
    return this.sampler.dispose();
  }
}
