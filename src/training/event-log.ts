// What a run says of itself, for TensorBoard: `--log tensorboard`. It hears the same events as whoever else listens to
// the work, and writes its figures, previews and warnings into an event file in the run's folder.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { EventFile, type Summary } from '../files/event-file.js';
import type { WorkEvent } from '../work.js';
import { stepOfPreview } from './previews.js';
import type { Progress } from './progress.js';

/** What runs can be logged for, besides their own files. */
export const LOGS = ['tensorboard'] as const;
export type Log = (typeof LOGS)[number];

export interface EventLogOptions {
  /** The folder of the run. */
  readonly directory: string;
  /** The run goes on: what it did up to where it goes on from stays. */
  readonly resume: boolean;
  /** Shown as they are, by name: the recipe, the settings. */
  readonly texts: Readonly<Record<string, object>>;
}

type Metric = Extract<WorkEvent, { kind: 'metric' }>;

/** Hears the events of a run. Nothing is written before its steps begin. */
export function eventLog(options: EventLogOptions): (event: WorkEvent) => void {
  const log = new EventLog(options);
  return (event) => log.hear(event);
}

/** Under which tags TensorBoard shows what stats.jsonl holds, apart from the step and the number of steps. */
export const TAGS: Readonly<Record<Exclude<keyof Progress, 'step' | 'steps'>, string>> = {
  lossD: 'loss/D',
  lossG: 'loss/G',
  penalty: 'loss/penalty',
  divergence: 'loss/divergence',
  dReal: 'verdict/real',
  dFake: 'verdict/fake',
  accuracy: 'verdict/accuracy',
  gradientD: 'gradient/D',
  gradientG: 'gradient/G',
  pull: 'gradient/pull',
  weightD: 'weight/D',
  weightG: 'weight/G',
  diversity: 'samples/diversity',
  coverage: 'samples/coverage',
  augment: 'pace/augment',
  epoch: 'pace/epoch',
  kimg: 'pace/kimg',
  imagesPerSecond: 'pace/images_per_second',
  secondsLeft: 'pace/seconds_left',
};

class EventLog {
  #file: EventFile | undefined;
  #phase = '';
  /** Whether the phase is one of steps; others count images, or nothing. */
  #inSteps = false;
  #step = 0;
  #started = false;
  readonly #waiting: Summary[] = [];

  constructor(private readonly options: EventLogOptions) {}

  hear(event: WorkEvent): void {
    if (event.kind === 'progress') {
      if (event.phase !== this.#phase) this.#enter(event.phase, event.unit === 'steps', event.done);
      return;
    }
    if (this.#inSteps && 'at' in event) this.#step = event.at;
    if (this.#file) this.#add(summariesOf(event));
    else if (event.kind === 'warning') this.#waiting.push(...summariesOf(event));
  }

  #enter(phase: string, inSteps: boolean, done: number): void {
    [this.#phase, this.#inSteps] = [phase, inSteps];
    if (!inSteps) return;
    this.#step = done;
    const begins = this.#file === undefined;
    this.#file ??= EventFile.create(this.options.directory);
    this.#start(this.#file, done);
    if (begins) this.#add([...textsOf(this.options.texts), ...this.#waiting]);
  }

  /** Steps after the one that a run goes on from are made again; one that begins anew begins with nothing. */
  #start(file: EventFile, from: number): void {
    if (this.#started || (from === 0 && this.options.resume)) return;
    file.startAt(from === 0 ? 0 : from + 1);
    this.#started = true;
  }

  #add(summaries: readonly Summary[]): void {
    if (summaries.length > 0) this.#file?.add(this.#step, summaries);
  }
}

function textsOf(texts: EventLogOptions['texts']): Summary[] {
  return Object.entries(texts).map(([tag, json]) => ({
    tag,
    text: `\`\`\`json\n${JSON.stringify(json, null, 2)}\n\`\`\``,
  }));
}

function summariesOf(event: WorkEvent): Summary[] {
  switch (event.kind) {
    case 'metric':
      return numbersOf(event);
    case 'picture':
      return [{ tag: tagOfPicture(event.path), png: readFileSync(event.path) }];
    case 'warning':
      return [{ tag: `warning/${event.name}`, text: event.message }];
    default:
      return [];
  }
}

function numbersOf({ name, values }: Metric): Summary[] {
  if (name === 'report') {
    return Object.entries(TAGS).flatMap(([figure, tag]) => finite(tag, values[figure]));
  }
  return Object.entries(values).flatMap(([figure, value]) => finite(`${name}/${figure}`, value));
}

/** A number under its tag, or those of an object under it; lists, texts, and what is not known have none. */
function finite(tag: string, value: unknown): Summary[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [{ tag, number: value }] : [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => finite(`${tag}/${name}`, inner));
}

function tagOfPicture(path: string): string {
  return stepOfPreview(basename(path)) === null ? `picture/${basename(path, '.png')}` : 'previews';
}
