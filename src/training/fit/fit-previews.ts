// Pictures of what a fit has learnt so far, on held-out examples that are the same each time: the examples themselves,
// and below them what the networks make of them now. Of points, a cloud of what is made.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CompiledStep, compileStep } from '../../engine/step.js';
import { type HostTensor, type HostTensors, inOrderOf } from '../../engine/tensor.js';
import type * as tf from '../../engine/tf.js';
import { writeFileAtomically } from '../../files/atomic.js';
import { type Channels, grid, type Pixels, toPixels } from '../../images/pixels.js';
import { encodePng } from '../../images/png.js';
import { scatter } from '../../images/scatter.js';
import type { Tensors } from '../../networks/network.js';
import { isPreviewDue } from '../preview-steps.js';
import { PREVIEWS, previewPath } from '../previews.js';
import type { Fixed } from './fixed-model.js';

export interface FitPreviewOptions {
  readonly fixed: Pick<Fixed, 'shape' | 'recipe'>;
  /** Folder of the run. */
  readonly directory: string;
  readonly threads: number;
  readonly steps: number;
  readonly stepsPerRun: number;
  /** Those that `make` takes; later ones have the same shapes. */
  readonly params: HostTensors;
  /** What `make` takes besides, the same each time. */
  readonly feeds: Readonly<Record<string, HostTensor>>;
  /** Lines of examples that are shown as they are, [N, …] each. */
  readonly shown: readonly Float32Array[];
  /** Lines of what is made of them, [N, …] each. */
  make(params: Tensors, inputs: Tensors): readonly tf.Tensor[];
}

/** Examples side by side. */
const COLUMNS = 8;

export class FitPreviews {
  private constructor(
    private readonly compiled: CompiledStep,
    private readonly options: FitPreviewOptions,
  ) {}

  static async open(options: FitPreviewOptions): Promise<FitPreviews> {
    const { params, feeds, threads } = options;
    const compiled = await compileStep(
      (state, inputs) => {
        const lines = options.make(state, inputs).map((line, i) => [`made${i}`, line] as const);
        return { state: {}, outputs: Object.fromEntries(lines) };
      },
      { state: params, inputs: feeds, threads },
    );
    await mkdir(join(options.directory, PREVIEWS), { recursive: true });
    return new FitPreviews(compiled, options);
  }

  isDue(step: number): boolean {
    const { steps, stepsPerRun } = this.options;
    return isPreviewDue(step, { steps, stepsPerRun, previewEverySteps: steps, firstAfter: stepsPerRun });
  }

  /** The path of the picture. `params` may hold more than `make` takes. */
  async write(step: number, params: HostTensors): Promise<string> {
    const { directory, shown } = this.options;
    this.compiled.setState(inOrderOf(Object.keys(this.options.params), params));
    const outputs = await this.compiled.run({ ...this.options.feeds });
    const made = Object.keys(outputs).map((_, i) => outputs[`made${i}`]!.data as Float32Array);
    const path = previewPath(join(directory, PREVIEWS), step);
    await writeFileAtomically(path, await encodePng(this.#draw(shown, made)));
    return path;
  }

  dispose(): Promise<void> {
    return this.compiled.dispose();
  }

  #draw(shown: readonly Float32Array[], made: readonly Float32Array[]): Pixels {
    const { shape, recipe } = this.options.fixed;
    if (shape.length === 1) return scatter(made[0]!, shape[0]!);
    const [channels, height, width] = shape as [Channels, number, number];
    const size = channels * height * width;
    const { range } = recipe.data;
    const lines = [...shown, ...made];
    const count = lines[0]!.length / size;
    const image = (line: Float32Array, i: number) =>
      toPixels(line.subarray(i * size, (i + 1) * size), { channels, height, width, range });
    // Line below line for the first examples, then for the next.
    const cells = Array.from({ length: Math.ceil(count / COLUMNS) }, (_, block) =>
      lines.flatMap((line) =>
        Array.from({ length: Math.min(COLUMNS, count - block * COLUMNS) }, (_, i) => image(line, block * COLUMNS + i)),
      ),
    );
    return grid(cells.flat(), Math.min(COLUMNS, count), 2);
  }
}
