// A generator by other hands as our graph `generate`: what it takes, what its output is, in which range, and 64 samples
// of it.

import type { Engine, Graph } from '../engine/engine.js';
import { float32, type HostTensors, sizeOf } from '../engine/tensor.js';
import { firstNotFinite, rowsOf } from '../models/batch.js';
import { oneHot } from '../models/labels.js';
import { latent, type Prior } from '../models/latent.js';
import type { Truncation } from '../models/truncation.js';
import { served } from './batching.js';
import { DIVERGED, type Foreign, formOf, type Port } from './foreign.js';
import { labelGiven, latentGiven, truncationDims, truncationGiven } from './inputs.js';
import { type ExampleForm, formOfRow, type ImageSize, type Order, rowOf, toOurs } from './layout.js';
import { quoted, refused, undecided } from './refusals.js';
import { type Decide, type Roles, rolesOf } from './roles.js';
import { outputsOf, type Seen } from './seen.js';
import { boundsOf, Trace } from './trace.js';
import { distance, TRIAL_ROWS } from './trials.js';
import { FLOAT32, typeName, UINT8 } from './types.js';
import type { Given, Taken } from './wrap.js';

export type Range = readonly [low: number, high: number];

export interface GeneratorHints {
  readonly prior: Prior;
  readonly image?: ImageSize | 'point' | undefined;
  readonly layout?: Order | undefined;
  readonly output?: string | undefined;
  readonly range?: Range | undefined;
  readonly classes?: number | undefined;
  readonly set?: Readonly<Record<string, number>> | undefined;
  readonly latent?: string | undefined;
  readonly label?: string | undefined;
  readonly latentSize?: number | undefined;
  /** The input that takes the truncation. */
  readonly truncation?: string | undefined;
}

export interface Generator {
  readonly onnx: Uint8Array<ArrayBuffer>;
  readonly graph: Graph;
  readonly latentSize: number;
  readonly truncation: Truncation;
  readonly form: ExampleForm;
  readonly range: Range;
  readonly classes: number | undefined;
  /** Examples of the seeds 0 to 63, [C, H, W] or coordinates; their classes in turn. */
  readonly samples: readonly Float32Array[];
  readonly producer: string;
}

const SAMPLES = 64;

/** @throws GanymedeError GRAPH_REFUSED, IMPORT_UNDECIDED, BAD_USER_INPUT */
export async function importGenerator(
  engine: Engine,
  foreign: Foreign,
  hints: GeneratorHints,
  decide: Decide,
): Promise<Generator> {
  const { set, classes, latentSize } = hints;
  const { latent: main, label, truncation } = hints;
  const roles = rolesOf(foreign, { role: 'latent', main, label, truncation, set, classes, latentSize }, decide);
  const givenAs = (dims: number | null) => [
    latentGiven(roles),
    ...(roles.label ? [labelGiven(roles.label)] : []),
    ...(roles.truncation ? [truncationGiven(roles.truncation, dims)] : []),
  ];
  const given = givenAs(null);
  const feeds = (from: number, count: number, psi?: number) => feedsOf(given, hints.prior, from, count, psi);
  const seen = await outputsOf(engine, foreign, { ...roles, given }, feeds);
  const { port, form, because } = chosen(foreign, seen, hints);
  decide('output', describe(form), `output ${quoted(port.name)}, ${formOf(port)}; ${because}`);
  const bounds = hints.range ? null : boundsOfPort(foreign, port);
  const provisional: Range = hints.range ?? (bounds ? [bounds.low, bounds.high] : [-1, 1]);
  const wiring = { given, taken: [takenOf(port, form, provisional)], settings: roles.settings };
  const ways = roles.truncation ? truncationDims(roles.truncation) : [null];
  const sought = {
    foreign,
    wiring,
    batch: roles.batch,
    together: sharesLabel(roles) ? [] : ways.map((dims) => ({ ...wiring, given: givenAs(dims) })),
    feeds: () => feeds(0, TRIAL_ROWS),
    what: 'generator',
  };
  const { onnx, graph } = await served(engine, sought, decide);
  const output = wiring.taken[0]!.name;
  const samples = await samplesOf(graph, (from, count) => feeds(from, count, 1), output, foreign.file);
  const half = async () => rowsOf((await graph.run(feeds(0, TRIAL_ROWS, 0.5)))[output]!);
  const truncationIs = truncationFound(foreign, roles, samples, await half(), decide);
  const range = rangeOf(form, hints.range, bounds, samples, decide);
  return {
    onnx,
    graph,
    latentSize: given[0]!.row[0]!,
    truncation: truncationIs,
    form,
    range,
    classes: roles.label?.classes,
    samples,
    producer: foreign.producer,
  };
}

function describe(form: ExampleForm): string {
  if (form.kind === 'point') return `points of ${form.size} coordinates`;
  const { width, height, channels, alpha } = form;
  const kind = alpha ? 'colour with transparency, laid on black' : channels === 1 ? 'grey' : 'colour';
  return `images ${width} wide and ${height} high, ${kind}`;
}

/** z of seeds, and classes and truncations in turn; `psi`: of all rows, by what it is about. */
function feedsOf(given: readonly Given[], prior: Prior, from: number, count: number, psi?: number): HostTensors {
  const seeds = Array.from({ length: count }, (_, i) => from + i);
  const takesPsi = given.some(({ name }) => name === 'truncation');
  const ofLatent = takesPsi ? 1 : (psi ?? 1);
  return Object.fromEntries(
    given.map(({ name, row: [size] }) => {
      if (name === 'truncation')
        return [
          name,
          float32(
            [count],
            seeds.map((seed) => psi ?? 1 - (seed % 4) / 5),
          ),
        ];
      if (name === 'label')
        return [
          name,
          float32(
            [count, size!],
            oneHot(
              seeds.map((seed) => seed % size!),
              size!,
            ),
          ),
        ];
      const data = new Float32Array(count * size!);
      for (const [i, seed] of seeds.entries()) data.set(latent(seed, size!, prior, ofLatent), i * size!);
      return [name, float32([count, size!], data)];
    }),
  );
}

/** The one that is named, or the largest that can be an example. */
function chosen(
  foreign: Foreign,
  seen: readonly Seen[],
  hints: GeneratorHints,
): Seen & { form: ExampleForm; because: string } {
  const { output, image, layout } = hints;
  const list =
    seen.map(({ port, row }) => `${quoted(port.name)} [N, ${row.join(', ')}]`).join(', ') || 'none of numbers';
  const candidates = output === undefined ? seen : seen.filter(({ port }) => port.name === output);
  if (candidates.length === 0)
    throw refused(`${foreign.file} to have the output ${quoted(output ?? '')}`, list, 'Correct --output.');
  const formHints = { image: image === 'point' ? undefined : image, order: layout, producer: foreign.producer };
  const bySize = candidates.toSorted((a, b) => sizeOf(b.row) - sizeOf(a.row));
  for (const [place, one] of bySize.entries()) {
    const found = image === 'point' ? pointOf(one.row) : formOfRow(one.row, formHints);
    if (!found) continue;
    const rival = bySize[place + 1];
    if (rival && sizeOf(rival.row) === sizeOf(one.row))
      throw undecided(`${foreign.file} has several outputs of one size: ${list}.`, '--output NAME');
    const largest = candidates.length > 1 ? `; the largest of ${candidates.length} outputs` : '';
    return { ...one, form: found.form, because: `${found.because}${largest}` };
  }
  throw refused(
    `an output of ${foreign.file} that is an image [N, C, H, W], [N, H, W, C] or [N, H·W] of 1, 3 or 4 channels`,
    list,
    'Say how its numbers lie by --image WxHxC, or which output it is by --output NAME.',
  );
}

function pointOf(row: readonly number[]): { form: ExampleForm; because: string } {
  return { form: { kind: 'point', size: sizeOf(row) }, because: 'as said by --image point' };
}

function takenOf(port: Port, form: ExampleForm, range: Range): Taken {
  return {
    name: form.kind,
    row: rowOf(form),
    port,
    read: (nodes, value, { ours }) =>
      toOurs(nodes, port.type === FLOAT32 ? value : nodes.cast(value, FLOAT32), form, ours, range),
  };
}

/**
 * What truncation is about, seen by samples of half of it. @throws GanymedeError GRAPH_REFUSED where an input for it
 * does nothing
 */
function truncationFound(
  foreign: Foreign,
  { truncation }: Roles,
  samples: readonly Float32Array[],
  halves: readonly Float32Array[],
  decide: Decide,
): Truncation {
  const size = Math.max(...samples.map((sample) => distance(sample, new Float32Array(sample.length))));
  const changes = halves.some((half, i) => distance(half, samples[i]!) > ALIKE * size);
  if (changes) return truncation ? 'input' : 'latent';
  if (truncation) {
    const came = `the same for 1 and 0.5 of input ${quoted(truncation.name)}`;
    throw refused(`${foreign.file} to give other images at another truncation`, came, DROPPED);
  }
  decide('truncation', 'none: the server refuses any but 1', NORMALISES);
  return 'none';
}

/** As a share of the size of samples: what float32 rounds. */
const ALIKE = 1e-4;
const DROPPED = 'The export dropped it: make it an input of the function that is exported, as a tensor.';
const NORMALISES =
  'samples are the same however long the latent is; export a generator with its truncation as an input, and name that by --truncation';

/** A class without a dimension for the batch is one for all rows. */
function sharesLabel({ label, batch }: Roles): boolean {
  if (!label) return false;
  const [first] = label.port.dims;
  return label.port.dims.length === 0 || (first === 1 && batch === null);
}

function boundsOfPort(foreign: Foreign, port: Port): { low: number; high: number; because: string } | null {
  if (port.type === UINT8) return { low: 0, high: 255, because: `its output is ${typeName(port.type)}` };
  return boundsOf(new Trace(foreign), port.value);
}

async function samplesOf(
  graph: Graph,
  feeds: (from: number, count: number) => HostTensors,
  output: string,
  file: string,
): Promise<Float32Array[]> {
  const samples: Float32Array[] = [];
  while (samples.length < SAMPLES)
    samples.push(...rowsOf((await graph.run(feeds(samples.length, TRIAL_ROWS)))[output]!));
  const bad = samples.filter((sample) => firstNotFinite(sample) >= 0).length;
  if (bad > 0)
    throw refused(`${file} to give finite values`, `${bad} of ${SAMPLES} samples with values that are not`, DIVERGED);
  return samples;
}

function rangeOf(
  form: ExampleForm,
  told: Range | undefined,
  bounds: { low: number; high: number; because: string } | null,
  samples: readonly Float32Array[],
  decide: Decide,
): Range {
  if (form.kind === 'point') return [-1, 1]; // points have no range; nobody asks
  const settle = (range: Range, because: string): Range => {
    decide('range', `black at ${range[0]}, white at ${range[1]}`, because);
    return range;
  };
  if (told) return settle(told, 'as said by --range');
  if (bounds) return settle([bounds.low, bounds.high], bounds.because);
  const values = samples.flatMap((sample) => quantiles(sample));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const text = `no operator bounds it; in ${samples.length} samples all but the outermost 1 % lie in [${low.toPrecision(3)}, ${high.toPrecision(3)}]`;
  if (form.alpha) throw undecided(`The range of the output is open: ${text}.`, '--range LOW,HIGH');
  if (low >= -0.02 && high <= 1.02 && high > 0.1) return settle([0, 1], text);
  if (low < -0.02 && low >= -8 && high <= 8)
    return settle([-1, 1], `${text}, as of networks that are trained on [−1, 1], and what lies outside is cut off`);
  if (low >= -25 && high > 25 && high <= 280) return settle([0, 255], text);
  throw undecided(`The range of the output is open: ${text}.`, '--range LOW,HIGH');
}

/** Those of 1 and of 99 %. */
function quantiles(values: Float32Array): number[] {
  const sorted = values.toSorted();
  return [sorted[Math.floor(sorted.length * 0.01)]!, sorted[Math.ceil(sorted.length * 0.99) - 1]!];
}
