// What the server and the process of a job say to each other, over the channel that Node makes between a process and
// its child. The server says `start` or `check` once, `pace` whenever somebody who watches wishes, and `stop` when the
// work is to save and end. The child answers with `event` for whatever the work says of itself, `alive` with its memory
// each second, and one last message: `ended`, `checked` or `failed`. A channel that closes means that the other side is
// gone: the child then saves and ends, and the server looks at how the child ended.

import type { Pace } from '../pace.js';
import type { WorkEvent } from '../work.js';
import type { JobKind } from './job.js';

export type ToChild =
  | {
      readonly say: 'start';
      readonly kind: JobKind;
      /** Of the work, with `run`, the folder that it goes on from if there is something in it. */
      readonly options: Readonly<Record<string, unknown>>;
      /** Under it one process works at a time, by the word of somebody who sees all machines (files/lock.ts). */
      readonly lease?: string | undefined;
      /** At what pace it begins. */
      readonly pace?: Pace | undefined;
    }
  /** Whether the work would begin; nothing is written. */
  | { readonly say: 'check'; readonly kind: JobKind; readonly options: Readonly<Record<string, unknown>> }
  | { readonly say: 'pace'; readonly pace: Pace }
  | { readonly say: 'stop' };

export type FromChild =
  | { readonly say: 'alive'; readonly residentBytes: number }
  | { readonly say: 'event'; readonly event: WorkEvent }
  /** `made`: the folder of the version that it made, if any. */
  | { readonly say: 'ended'; readonly outcome: 'done' | 'stopped'; readonly made: string | null }
  | { readonly say: 'checked'; readonly found: Found }
  /** `refusal`: the work says no to what it was given, and would do so again. */
  | {
      readonly say: 'failed';
      readonly code: string;
      readonly message: string;
      readonly refusal: boolean;
      readonly details: Readonly<Record<string, unknown>>;
    };

/** What is known of a work before it begins. */
export interface Found {
  /** Of the recipe that decides. */
  readonly recipe: string;
  readonly examples: number;
  /** SHA-256 of the data. */
  readonly sha256: string;
  /** As earlier releases computed it. */
  readonly formerSha256?: string;
  /** What will be left out of the data, in words. */
  readonly notices: readonly string[];
  /** Of a training: about how long a step takes one core. */
  readonly secondsPerStep?: number;
  readonly plan?: Plan;
}

/** What a training would be. */
export interface Plan {
  /** The whole recipe. */
  readonly recipe: object;
  readonly steps: number;
  /** About so long, on this machine with nothing else to do. */
  readonly seconds: number;
}

/** How often a child says that it is there. */
export const ALIVE_MS = 1000;
