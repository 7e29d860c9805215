// A graph by other hands that takes examples, a discriminator or an encoder, as our graph `score` or `encode`.

import type { Engine, Graph } from '../engine/engine.js';
import { changed, type NodeProto } from '../engine/onnx-proto.js';
import { float32, type HostTensors, sizeOf } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';
import type { DensityRatio } from '../models/density.js';
import { oneHot } from '../models/labels.js';
import { served } from './batching.js';
import { type Foreign, formOf, type Port } from './foreign.js';
import type { Generator, Range } from './generator.js';
import { exampleGiven, labelGiven } from './inputs.js';
import { type ExampleForm, type Order, rowOf } from './layout.js';
import type { Nodes } from './nodes.js';
import { quoted, refused, undecided } from './refusals.js';
import { type Decide, type Roles, rolesOf } from './roles.js';
import { outputsOf, type Seen } from './seen.js';
import { Trace } from './trace.js';
import { TRIAL_ROWS } from './trials.js';
import { FLOAT32, UINT8 } from './types.js';
import type { Given, Taken } from './wrap.js';

export type ScoreKind = 'logit' | 'probability' | 'critic';

export interface ReaderHints {
  readonly input?: string | undefined;
  readonly label?: string | undefined;
  readonly layout?: Order | undefined;
  /** The range of its images. */
  readonly range?: Range | undefined;
  readonly set?: Readonly<Record<string, number>> | undefined;
  readonly output?: string | undefined;
}

export interface DiscriminatorHints extends ReaderHints {
  readonly score?: ScoreKind | undefined;
  /** What it gives what is real. */
  readonly real?: 'high' | 'low' | undefined;
}

export interface Reader {
  readonly onnx: Uint8Array<ArrayBuffer>;
  readonly graph: Graph;
}

/** What its input is like, and what it gives, found by running it. */
interface Look {
  readonly roles: Roles;
  readonly given: readonly Given[];
  readonly feeds: (from: number, count: number) => HostTensors;
  readonly outputs: readonly Seen[];
}

/** @throws GanymedeError GRAPH_REFUSED, IMPORT_UNDECIDED, BAD_USER_INPUT */
export async function importDiscriminator(
  engine: Engine,
  foreign: Foreign,
  generator: Generator,
  hints: DiscriminatorHints,
  decide: Decide,
): Promise<Reader & { readonly densityRatio: DensityRatio }> {
  const look = await lookAt(engine, foreign, generator, hints, 'discriminator', decide);
  const { port, row } = oneScore(foreign, look, hints.output);
  const { kind, sigmoid } = kindOf(foreign, port, hints.score, decide);
  const patches = sizeOf(row);
  if (patches > 1)
    decide(
      'score',
      `the mean of ${patches} patches`,
      `output ${quoted(port.name)} has ${patches} numbers for each image`,
    );
  if (hints.real === 'low') decide('real', 'what scores low; the sign is turned', 'as said by --real');
  const taken: Taken = {
    name: 'logit',
    row: [],
    port,
    read: (nodes, value, { ours }) => {
      const all = nodes.reshape(nodes.cast(value, FLOAT32), [...ours, patches]);
      const logits = kind === 'probability' && !sigmoid ? logitOf(nodes, all) : all;
      const score = patches > 1 ? nodes.mean(logits, patches) : logits;
      return nodes.reshape(hints.real === 'low' ? nodes.affine(score, -1, 0) : score, ours);
    },
  };
  const instead = sigmoid ? new Map([[sigmoid, changed(sigmoid, { opType: 'Identity', attribute: [] })]]) : undefined;
  const result = await wrap(engine, foreign, look, taken, 'discriminator', decide, instead);
  return { ...result, densityRatio: kind === 'critic' || patches > 1 ? 'none' : 'logit' };
}

/** @throws GanymedeError GRAPH_REFUSED, IMPORT_UNDECIDED, BAD_USER_INPUT */
export async function importEncoder(
  engine: Engine,
  foreign: Foreign,
  generator: Generator,
  hints: ReaderHints,
  decide: Decide,
): Promise<Reader> {
  const look = await lookAt(engine, foreign, generator, hints, 'encoder', decide);
  const fits = look.outputs.filter(
    ({ port, row }) =>
      sizeOf(row) === generator.latentSize && (hints.output === undefined || port.name === hints.output),
  );
  const means = fits.filter(({ port }) => /^z|mu|mean|latent/i.test(port.name) && !/log|var|std/i.test(port.name));
  const [chosen] = fits.length === 1 ? fits : means.length === 1 ? means : [];
  if (!chosen) {
    const list = look.outputs.map((each) => `${quoted(each.port.name)} [N, ${each.row.join(', ')}]`).join(', ');
    if (fits.length > 1)
      throw undecided(`${foreign.file} has several outputs that may be the latent: ${list}.`, '--encoder-output NAME');
    throw refused(
      `${foreign.file} to give a latent of ${generator.latentSize} numbers, as the generator takes it`,
      list,
      'Export the encoder that was trained with this generator.',
    );
  }
  decide('encoder', `the latent is output ${quoted(chosen.port.name)}`, `it has ${generator.latentSize} numbers`);
  const taken: Taken = {
    name: 'z',
    row: [generator.latentSize],
    port: chosen.port,
    read: (nodes, value, { ours }) => nodes.reshape(nodes.cast(value, FLOAT32), [...ours, generator.latentSize]),
  };
  return wrap(engine, foreign, look, taken, 'encoder', decide);
}

async function wrap(
  engine: Engine,
  foreign: Foreign,
  { roles, given, feeds }: Look,
  taken: Taken,
  what: string,
  decide: Decide,
  instead?: ReadonlyMap<NodeProto, NodeProto>,
): Promise<Reader> {
  const wiring = { given, taken: [taken], settings: roles.settings, ...(instead ? { instead } : {}) };
  const shared = roles.label !== undefined && roles.label.port.dims.length === 0;
  return served(
    engine,
    { foreign, wiring, batch: roles.batch, together: shared ? [] : [wiring], feeds: () => feeds(0, TRIAL_ROWS), what },
    decide,
  );
}

async function lookAt(
  engine: Engine,
  foreign: Foreign,
  generator: Generator,
  hints: ReaderHints,
  what: string,
  decide: Decide,
): Promise<Look> {
  const { classes, form } = generator;
  const naming = { role: 'image', main: hints.input, label: hints.label, set: hints.set, classes } as const;
  const roles = rolesOf(foreign, naming, (name, is, because) => decide(`${what}, ${name}`, is, because));
  if (roles.label && classes === undefined) {
    throw refused(
      `${foreign.file} to be told of no class, as the generator is told of none`,
      `input ${quoted(roles.label.port.name)}`,
      'Import it without this graph, or fix the class by --set NAME=VALUE.',
    );
  }
  const own = ownForm(foreign, roles, form, hints);
  const theirs = hints.range ?? (roles.main.type === UINT8 ? ([0, 255] as const) : generator.range);
  if (form.kind === 'image') {
    const same = theirs === generator.range;
    decide(
      `${what}, range`,
      `black at ${theirs[0]}, white at ${theirs[1]}`,
      hints.range
        ? 'as said by --d-range'
        : same
          ? "the generator's, which no operator contradicts; --d-range says another"
          : 'its input is uint8',
    );
  }
  const image = exampleGiven(roles.main, { row: roles.row, form: own, ours: generator.range, theirs });
  const given = [image, ...(roles.label ? [labelGiven(roles.label)] : [])];
  const feeds = (from: number, count: number) => feedsOf(given, generator, from, count);
  return { roles, given, feeds, outputs: await outputsOf(engine, foreign, { ...roles, given }, feeds) };
}

/** How the generator's examples lie in its input. */
function ownForm(foreign: Foreign, { main, row }: Roles, form: ExampleForm, { layout }: ReaderHints): ExampleForm {
  const wanted = rowOf(form);
  const wrong = () =>
    refused(
      `${foreign.file} to take what the generator gives, [N, ${wanted.join(', ')}] in some order`,
      formOf(main),
      'Import graphs of one model.',
    );
  const total = sizeOf(row);
  if (form.kind === 'point') {
    if (!row.includes(-1) && total !== form.size) throw wrong();
    return form;
  }
  const fits = (dims: readonly number[]) =>
    dims.length === row.length && dims.every((dim, axis) => row[axis] === -1 || row[axis] === dim);
  const { width, height } = form;
  for (const [channels, alpha] of [
    [form.channels, false],
    ...(form.channels === 3 ? ([[4, true]] as const) : []),
  ] as const) {
    const first = fits([channels, height, width]) || (channels === 1 && fits([height, width]));
    const last = fits([height, width, channels]);
    const order = first && last ? (layout ?? form.order) : first ? 'CHW' : last ? 'HWC' : undefined;
    if (order) return { ...form, alpha, order };
    const flat = row.filter((dim) => dim !== 1).length === 1 && total === channels * width * height;
    if (flat) return { ...form, alpha, order: layout ?? form.order };
  }
  throw wrong();
}

/** Samples, and what is halfway to noise of them, so that rows differ in kind; classes in turn. */
function feedsOf(given: readonly Given[], { samples }: Generator, from: number, count: number): HostTensors {
  const rows = Array.from({ length: count }, (_, i) => from + i);
  return Object.fromEntries(
    given.map(({ name, row }) => {
      const size = sizeOf(row);
      if (name === 'label')
        return [
          name,
          float32(
            [count, size],
            oneHot(
              rows.map((each) => each % size),
              size,
            ),
          ),
        ];
      const data = new Float32Array(count * size);
      for (const [i, each] of rows.entries()) data.set(samples[each % samples.length]!, i * size);
      return [name, float32([count, ...row], data)];
    }),
  );
}

/** The output with one number for each row, or one for each patch. */
function oneScore(foreign: Foreign, { outputs }: Look, name: string | undefined): Seen {
  const list = outputs
    .map(({ port, row }) => `${quoted(port.name)} [N${row.map((dim) => `, ${dim}`).join('')}]`)
    .join(', ');
  const named = name === undefined ? outputs : outputs.filter(({ port }) => port.name === name);
  if (named.length === 0)
    throw refused(`${foreign.file} to have the output ${quoted(name ?? '')}`, list, 'Correct --d-output.');
  const single = named.filter(({ row }) => sizeOf(row) === 1);
  if (single.length === 1) return single[0]!;
  if (single.length > 1)
    throw undecided(`${foreign.file} has several outputs of one number: ${list}.`, '--d-output NAME');
  const patches = named.filter(({ row }) => row.length === 3 && (row[0] === 1 || row[2] === 1));
  if (patches.length === 1) return patches[0]!;
  throw refused(
    `an output of ${foreign.file} with one number for each image, or for each patch [N, 1, H, W]`,
    list,
    'Export the discriminator with its score alone.',
  );
}

function kindOf(
  foreign: Foreign,
  port: Port,
  told: ScoreKind | undefined,
  decide: Decide,
): { kind: ScoreKind; sigmoid: NodeProto | undefined } {
  const trace = new Trace(foreign);
  const origin = trace.origin(port.value);
  const sigmoid = origin?.opType === 'Sigmoid' ? origin : undefined;
  if (sigmoid && told && told !== 'probability') {
    throw new GanymedeError(
      'BAD_USER_INPUT',
      `Expected --score probability, as ${foreign.file} ends in a sigmoid, but received ${told}.`,
      { details: { flag: '--score' } },
    );
  }
  if (sigmoid) {
    const alone = leadsOnlyTo(foreign, sigmoid.output[0]!);
    decide(
      'score',
      'a probability, served as its logit',
      `it ends in a sigmoid${alone ? ', whose input is taken' : ''}`,
    );
    return { kind: 'probability', sigmoid: alone ? sigmoid : undefined };
  }
  if (told) {
    decide('score', told === 'probability' ? 'a probability, served as its logit' : told, 'as said by --score');
    return { kind: told, sigmoid: undefined };
  }
  decide(
    'score',
    'a critic: higher is more like the data, and no probability follows',
    'it ends in no sigmoid; --score logit if it was trained with cross-entropy, --score probability if its numbers are such',
  );
  return { kind: 'critic', sigmoid: undefined };
}

/** Whether a value is only moved about on its way to the outputs, so that it may be another. */
function leadsOnlyTo(foreign: Foreign, value: string): boolean {
  const trace = new Trace(foreign);
  const others = trace.users(value).filter(({ opType }) => opType !== 'Shape' && opType !== 'Size');
  return others.every((node) => trace.isMove(node) && node.output.every((output) => leadsOnlyTo(foreign, output)));
}

/** ln p/(1 − p), for p from 10⁻⁷ to 1 − 10⁻⁷: beyond, float32 has no numbers. */
function logitOf(nodes: Nodes, probability: string): string {
  const p = nodes.clamp(probability, 1e-7, 1 - 1e-7);
  return nodes.add('Log', [nodes.add('Div', [p, nodes.affine(nodes.affine(p, -1, 0), 1, 1)])]);
}
