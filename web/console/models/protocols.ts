// Figures by protocol, each beside what real data and what somebody who knows nothing would get.

import type { Json } from '../api/json';
import type { Measured } from './details';

/** What a protocol measures, in a sentence; docs/evaluation.md has the letter of each. */
const MEANING: Readonly<Record<string, string>> = {
  parzen: 'How likely held-out images are under a Parzen window around samples, in nats. Higher is better.',
  frechet: 'Distance of samples from real images, as normal distributions of features. Lower is better.',
  kernel: 'Distance of samples from real images by a kernel on features. Lower is better.',
  prdc: 'How many samples look real (precision, density), and how much of the data they reach (recall, coverage).',
  neighbours: 'How near samples come to training images. Much nearer than held-out data would mean learnt by heart.',
  conditional: 'The share of samples that a classifier takes for the class that was asked for. Higher is better.',
  modes: 'How many of the known modes are reached, and how many points lie in one.',
  scorer: 'How well its scorer tells real examples from samples, both new to it. An auc of 0.5 knows nothing.',
  calibration: 'Whether its probabilities are what they say. Lower ece is better.',
  rejection: 'What samples gain when the scorer picks them out of more draws.',
  encoder: 'How closely reconstructions come to the images that were sent. Lower error is better.',
  inpainter: 'How completions of hidden halves compare with the originals.',
  probe: 'How well a plain classifier on the features of the discriminator names classes.',
};

export interface Row {
  readonly name: string;
  readonly own: number | undefined;
  readonly real: number | undefined;
  readonly nothing: number | undefined;
}

export interface ProtocolFigures {
  readonly protocol: string;
  readonly meaning: string;
  readonly rows: readonly Row[];
  /** Whether a row has what real data, or who knows nothing, would get. */
  readonly hasReal: boolean;
  readonly hasNothing: boolean;
  /** The data, in words. */
  readonly measuredOn: string | undefined;
  readonly date: string;
}

export function protocolsOf({ figures, evaluations: { nodes } }: Measured): ProtocolFigures[] {
  const measured = figures.filter(({ protocol }) => protocol !== 'training');
  const byProtocol = Map.groupBy(measured, ({ protocol }) => protocol);
  return [...byProtocol].map(([protocol, all]) => {
    const rows = rowsOf(new Map(all.map(({ name, value }) => [name, value])));
    return {
      protocol,
      meaning: MEANING[protocol] ?? '',
      rows,
      hasReal: rows.some(({ real }) => real !== undefined),
      hasNothing: rows.some(({ nothing }) => nothing !== undefined),
      measuredOn: measuredOn(nodes.findLast((node) => node.protocol === protocol)?.dataset),
      date: all[0]!.date,
    };
  });
}

const REAL = 'realData.';
const NOTHING = ['knowsNothing.', 'baseline.'];

function rowsOf(values: ReadonlyMap<string, number>): Row[] {
  const own = [...values.keys()].filter((name) => ![REAL, ...NOTHING].some((prefix) => name.startsWith(prefix)));
  return own.map((name) => ({
    name,
    own: values.get(name),
    real: values.get(REAL + name),
    nothing: NOTHING.map((prefix) => values.get(prefix + name)).find((value) => value !== undefined),
  }));
}

/** The protocols name their data and say in a note what is to be known of it. */
function measuredOn(dataset: Json | undefined): string | undefined {
  if (typeof dataset !== 'object' || dataset === null || !('name' in dataset)) return undefined;
  const { name, note } = dataset;
  return `${name}.${typeof note === 'string' ? ` ${note}` : ''}`;
}
