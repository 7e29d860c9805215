// A fit that is stopped and goes on ends in the same graph as one that was never stopped, and what it leaves meanwhile
// is refused to every other fit.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../../src/datasets/open.js';
import { trainFeatureNet } from '../../../src/training/fit/feature-net.js';
import { fitClassifier } from '../../../src/training/fit/fit-classifier.js';
import { fitEncoder } from '../../../src/training/fit/fit-encoder.js';
import { fitInpainter } from '../../../src/training/fit/fit-inpainter.js';
import { FIT_FILE } from '../../../src/training/fit/fit-run.js';
import { publishRun } from '../../../src/training/publish.js';
import { train } from '../../../src/training/trainer.js';
import type { WorkContext, WorkEvent } from '../../../src/work.js';
import { barsRecipe, writeBars } from '../bars.js';
import { finished, temporaryFolder } from '../helpers.js';

/** Stops at the first progress that is at least so far. */
function stopAt(done: number, phase: string): { context: WorkContext; events: WorkEvent[] } {
  const stop = new AbortController();
  const events: WorkEvent[] = [];
  const onEvent = (event: WorkEvent) => {
    events.push(event);
    if (event.kind === 'progress' && event.phase.startsWith(phase) && event.done >= done) stop.abort();
  };
  return { context: { signal: stop.signal, onEvent }, events };
}

async function published(): Promise<{ folder: string; checkpoint: string }> {
  const folder = await temporaryFolder();
  await writeBars(folder, 288);
  const dataset = await openDataset(folder);
  const run = join(folder, 'run');
  await train({ recipe: barsRecipe(), dataset, runDirectory: run, model: 'bars', seed: 3, steps: 20, threads: 1 });
  const { path } = await publishRun({ run, out: join(folder, 'models', 'bars') });
  return { folder, checkpoint: path };
}

const hash = async (version: string, graph: string) =>
  createHash('sha256')
    .update(await readFile(join(version, graph)))
    .digest('hex');

async function pictures(run: string): Promise<Record<string, string>> {
  const folder = join(run, 'previews');
  const names = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(names.sort().map(async (name) => [name, await readFile(join(folder, name), 'base64')] as const)),
  );
}

describe('a fit', () => {
  it.each([
    ['encoder', fitEncoder, 'encode.onnx', { steps: 80, refine: 0 }],
    ['inpainter', fitInpainter, 'inpaint.onnx', { steps: 80 }],
  ] as const)(
    'of the %s goes on bit for bit',
    async (what, work, graph, settings) => {
      const { folder, checkpoint } = await published();
      const options = { checkpoint, data: folder, threads: 1, ...settings };
      const straight = await finished(work({ ...options, run: join(folder, 'straight') }));
      const run = join(folder, 'parts');
      const { context, events } = stopAt(1, 'training');
      expect(await work({ ...options, run }, context)).toBeNull();
      expect(events.at(-1)).toMatchObject({
        outcome: 'stopped',
        text: expect.stringContaining(`--run ${run} --resume`),
      });
      const resumed: WorkEvent[] = [];
      const onEvent = (event: WorkEvent) => resumed.push(event);
      const version = await finished(work({ ...options, run, resume: true }, { onEvent }));
      const first = resumed.find((event) => event.kind === 'progress' && event.phase === `training the ${what}`);
      expect((first as { done: number }).done).toBeGreaterThanOrEqual(20);
      expect(await hash(version, graph)).toBe(await hash(straight, graph));
      expect(await readdir(run)).toEqual(['previews']); // nothing to go on with is left
      // The same pictures of the same steps, however often it was stopped.
      expect(await pictures(run)).toEqual(await pictures(join(folder, 'straight')));
    },
    60_000,
  );

  it('of a classifier makes no probe twice', async () => {
    const { folder, checkpoint } = await published();
    const data = 'builtin:glyphs,count=792';
    const glyphs = await publishedGlyphs(folder);
    const options = { checkpoint: glyphs, data, threads: 1, labels: [36, 72], draws: 2 };
    const straight = await finished(fitClassifier({ ...options, run: join(folder, 'straight') }));
    const run = join(folder, 'parts');
    const stop = new AbortController();
    const onEvent = (event: WorkEvent) => {
      if (event.kind === 'metric' && event.name === 'row') stop.abort(); // two of four probes are made
    };
    expect(await fitClassifier({ ...options, run }, { signal: stop.signal, onEvent })).toBeNull();
    const resumed: WorkEvent[] = [];
    const version = await finished(
      fitClassifier({ ...options, run, resume: true }, { onEvent: (event) => resumed.push(event) }),
    );
    expect(resumed.find((event) => event.kind === 'progress')).toMatchObject({ done: 2, total: 4 });
    const rows = (events: WorkEvent[]) => events.filter((event) => event.kind === 'metric' && event.name === 'row');
    expect(rows(resumed)).toHaveLength(2);
    expect(await hash(version, 'classify.onnx')).toBe(await hash(straight, 'classify.onnx'));
    expect(checkpoint).not.toBe(glyphs);
  });

  it('of a feature net goes on bit for bit', async () => {
    const folder = await temporaryFolder();
    const net = (name: string) => join(folder, `${name}.onnx`);
    const options = {
      ...{ data: 'builtin:glyphs,count=1200', license: 'CC0-1.0', epochs: 4, validation: 200, threads: 1 },
    };
    await finished(trainFeatureNet({ ...options, out: net('straight'), run: join(folder, 'straight') }));
    const run = join(folder, 'parts');
    expect(await trainFeatureNet({ ...options, out: net('parts'), run }, stopAt(20, 'training').context)).toBeNull();
    await finished(trainFeatureNet({ ...options, out: net('parts'), run, resume: true }));
    expect(await readFile(net('parts'))).toEqual(await readFile(net('straight')));
  });

  it('that was stopped is refused to every other, and one that never began cannot go on', async () => {
    const { folder, checkpoint } = await published();
    const run = join(folder, 'parts');
    const options = { checkpoint, data: folder, threads: 1, steps: 80, refine: 0, run };
    await expect(fitEncoder({ ...options, resume: true })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('Leave --resume out'),
    });
    expect(await fitEncoder(options, stopAt(1, 'training').context)).toBeNull();
    await expect(fitEncoder(options)).rejects.toThrow(`${join(run, FIT_FILE)} holds one. Go on with it (--resume)`);
    await expect(fitEncoder({ ...options, resume: true, steps: 100, seed: 9 })).rejects.toThrow(
      'but the one there has seed 1, not 9; steps 80, not 100',
    );
    await expect(fitInpainter({ ...options, resume: true })).rejects.toThrow('fit "encoder", not "inpainter"');
  });
});

/** Characters have classes; bars have none. */
async function publishedGlyphs(folder: string): Promise<string> {
  const recipe = barsRecipe({
    data: { range: [0, 1], validation: 72, scale: 1 },
    generator: {
      network: { kind: 'mlp', layers: [{ units: 784, activation: 'sigmoid', keep: 1 }] },
      outputBias: 'zero',
    },
  });
  const run = join(folder, 'glyphs-run');
  const dataset = await openDataset('builtin:glyphs,count=792');
  await train({ recipe, dataset, runDirectory: run, model: 'glyphs', seed: 3, steps: 20, threads: 1 });
  return (await publishRun({ run, out: join(folder, 'models', 'glyphs') })).path;
}
