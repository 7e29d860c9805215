// Jobs in words.

import type { JobKind, JobState } from '../gql/graphql';
import { hrefOf } from '../place';

/** What of a job its name in words is made of. */
export interface Named {
  readonly kind: JobKind;
  readonly model: string;
  readonly version: number | null;
  readonly dataset: string;
}

const DOES: Readonly<Record<JobKind, string>> = {
  TRAIN: 'Training',
  FINE_TUNE: 'Fine-tuning',
  FIT_ENCODER: 'Encoder for',
  FIT_CLASSIFIER: 'Classifier for',
  FIT_INPAINTER: 'Inpainter for',
  FIT_SCORER: 'Scorer for',
  EVALUATE: 'Measuring',
  INDEX: 'Index of neighbours of',
};

export const titleOf = ({ kind, model, dataset }: Named): string => `${DOES[kind]} ${model} on ${dataset}`;

const STATES: Readonly<Record<JobState, string>> = {
  QUEUED: 'waits for its turn',
  RUNNING: 'running',
  PAUSING: 'saves, to pause',
  PAUSED: 'paused',
  CANCELLING: 'saves, to end',
  CANCELLED: 'cancelled',
  FAILED: 'failed',
  SUCCEEDED: 'done',
};

export const stateOf = ({ state }: { readonly state: JobState }): string => STATES[state];

export const hrefOfRun = (id: string): string => hrefOf('train', [], { run: id });

export interface Course {
  readonly phase: string;
  readonly done: number;
  readonly total: number | null;
  readonly unit: string;
  readonly perSecond: number | null;
  readonly secondsLeft: number | null;
}

/** "1,200 of 3,000 steps, 2 min left". */
export function courseOf({ done, total, unit, perSecond, secondsLeft }: Course): string {
  const made = total === null ? `${count(done)} ${unit}` : `${count(done)} of ${count(total)} ${unit}`;
  const pace = perSecond === null ? '' : `, ${count(perSecond)} a second`;
  return `${made}${pace}${secondsLeft === null ? '' : `, ${duration(secondsLeft)} left`}`;
}

export const count = (value: number): string =>
  value.toLocaleString('en', { maximumSignificantDigits: Math.abs(value) < 100 ? 3 : 21, maximumFractionDigits: 0 });

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** As whoever looks reads clocks. */
export const moment = (date: string): string =>
  new Date(date).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
