// Which way round a discriminator scores, by real examples: they should score above samples of the generator.

import { openDataset } from '../datasets/open.js';
import type { Graph } from '../engine/engine.js';
import { float32, sizeOf } from '../engine/tensor.js';
import { expected } from '../errors.js';
import { oneHot } from '../models/labels.js';
import type { Generator } from './generator.js';
import { rowOf } from './layout.js';
import { undecided } from './refusals.js';
import type { Decide } from './roles.js';

/** Below this share of pairs it is taken to score the other way round. */
const TURNED = 0.4;

/** `told`: whether somebody said which way. @throws GanymedeError IMPORT_UNDECIDED, BAD_USER_INPUT */
export async function checkDirection(
  score: Graph,
  generator: Generator,
  examples: string,
  told: boolean,
  decide: Decide,
): Promise<void> {
  const { samples, range } = generator;
  const real = await realExamples(generator, examples);
  const [ofReal, ofSamples] = [await scores(score, generator, real), await scores(score, generator, { rows: samples })];
  const pairs = ofReal.flatMap((a) => ofSamples.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
  const share = pairs.reduce((sum: number, pair) => sum + pair, 0) / pairs.length;
  const text = `in ${Math.round(100 * share)} % of pairs of ${ofReal.length} examples and ${ofSamples.length} samples, the example scores higher`;
  if (share < TURNED && !told) {
    throw undecided(
      `The discriminator seems to give what is real the lower score, or to have been trained in another range than ${range.join(' to ')}: ${text}.`,
      '--real low, or --d-range LOW,HIGH; or --real high to leave it so',
      { share },
    );
  }
  decide('direction', 'higher is more like the data', text);
}

interface Examples {
  readonly rows: readonly Float32Array[];
  readonly labels?: readonly number[];
}

/** As many as there are samples, at equal distances through the data. */
async function realExamples({ form, range, samples }: Generator, examples: string): Promise<Examples> {
  const data = await openDataset(examples, { range });
  const wanted = rowOf(form);
  if (data.shape.join() !== wanted.join()) {
    const next =
      form.kind === 'image'
        ? `Say --examples ${examples},resize=${form.width}x${form.height},channels=${form.channels}.`
        : '';
    throw expected(
      `--examples of [${wanted.join(', ')}], as the generator makes them`,
      `[${data.shape.join(', ')}]`,
      'BAD_USER_INPUT',
      next,
    );
  }
  const count = Math.min(samples.length, data.count);
  const places = Array.from({ length: count }, (_, i) => Math.floor((i * data.count) / count));
  const size = sizeOf(wanted);
  const all = new Float32Array(count * size);
  await data.read(places, all);
  const rows = places.map((_, i) => all.subarray(i * size, (i + 1) * size));
  return { rows, ...(data.labels ? { labels: places.map((place) => data.labels![place]!) } : {}) };
}

/** Classes are those of the examples, or else in turn, as samples have them. */
async function scores(graph: Graph, { form, classes }: Generator, { rows, labels }: Examples): Promise<number[]> {
  const shape = rowOf(form);
  const data = new Float32Array(rows.length * sizeOf(shape));
  for (const [i, row] of rows.entries()) data.set(row, i * sizeOf(shape));
  const isTold = classes !== undefined && Object.hasOwn(graph.inputs, 'label');
  const own = () => rows.map((_, i) => (labels?.[i] ?? i) % classes!);
  const { logit } = await graph.run({
    [form.kind]: float32([rows.length, ...shape], data),
    ...(isTold ? { label: float32([rows.length, classes], oneHot(own(), classes)) } : {}),
  });
  return [...logit!.data].map(Number);
}
