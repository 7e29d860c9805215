// What one request has: the models, its loaders, its account and the signal that its client left. The server makes
// one for each request, so nothing in it outlives a request.

import DataLoader from 'dataloader';
import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import { type Actor, requireRole } from '../access/role.js';
import { GanymedeError } from '../errors.js';
import type { Desk } from '../jobs/desk.js';
import type { JobKeeping } from '../jobs/engine.js';
import type { Metric } from '../measures.js';
import { orThrow } from '../models/batch.js';
import { type Calibration, calibrationIn } from '../models/calibration.js';
import type { Evaluation } from '../models/evaluations.js';
import type { ClassLabel } from '../models/labels.js';
import type { Model } from '../models/model.js';
import type { ModelRepository } from '../models/repository.js';
import type { Found } from '../models/scorer-results.js';
import type { Score } from '../models/scoring.js';
import { mixEach } from '../models/styles.js';
import { isMixed, mixingOf } from '../pictures/mixes.js';
import { type Draw, drawsOf, type Subject } from '../pictures/picture.js';
import { rounds } from '../rounds.js';
import { Account } from './account.js';
import { ScoreType } from './score.type.js';
import { type SentAhead, SentImages } from './sent-images.js';

/** A draw of a model. It is a loader's key by identity: the same object is generated at most once a request. */
export interface Drawn {
  readonly model: Model;
  readonly draw: Draw;
}

/** What the server says of itself. */
export interface ServerFacts {
  /** The release of Ganymede. */
  readonly codeVersion: string;
  readonly device: string;
  readonly workers: number;
  readonly threadsPerWorker: number;
  readonly engine: {
    readonly healthy: boolean;
    /** Of another server, where one runs the graphs. */
    readonly remote?: { readonly address: string; readonly server: string | null };
  };
}

/** What the program counts, of all server processes together. */
export interface Counts {
  list(): Promise<readonly Metric[]>;
}

export interface ScopeOptions {
  readonly repository: Pick<ModelRepository, 'list' | 'get' | 'versions'>;
  readonly requestId: string;
  /** "http://host:port", the start of every address. */
  readonly origin: string;
  /** Absent: this server keeps no uploads. */
  readonly uploads?: SentAhead | undefined;
  readonly server: ServerFacts;
  /** Takes paths of this machine out of plain JSON that strangers wrote. */
  hidePaths<T>(value: T): T;
  /** Where jobs are asked for; absent where this server takes none. */
  readonly desk?: Desk | undefined;
  /** What the program counts of itself; absent where nobody counts. */
  readonly metrics?: Counts | undefined;
  /** Who asks. Without it nobody in particular, who may not change anything. */
  readonly actor?: Actor | undefined;
  /** Told the code of each thing that fails. */
  readonly onFailure?: ((code: string) => void) | undefined;
  /** Told the code of each entry of a list that fails alone. */
  readonly onFailedEntry?: ((code: string) => void) | undefined;
  /** Takes points out of what whoever asks may have in a minute. @throws GanymedeError RATE_LIMITED */
  readonly charge?: ((points: number) => void) | undefined;
  /** Fires when the client leaves. Asked for only when there is work to cancel. */
  signal(): AbortSignal;
}

/**
 * GraphQL's context. A wrapper, because Apollo copies the context's own fields into a new object for each operation.
 */
export interface RequestContext {
  readonly scope: RequestScope;
  /** Told of the operation once nothing is left but to run it. */
  readonly onAccepted?: ((document: DocumentNode, operation: OperationDefinitionNode) => void) | undefined;
}

export class RequestScope {
  readonly repository: ScopeOptions['repository'];
  readonly requestId: string;
  readonly origin: string;
  readonly server: ServerFacts;
  readonly hidePaths: ScopeOptions['hidePaths'];
  readonly onFailure: ScopeOptions['onFailure'];
  readonly onFailedEntry: ScopeOptions['onFailedEntry'];
  readonly #signal: () => AbortSignal;
  readonly #desk: Desk | undefined;
  readonly #metrics: Counts | undefined;
  readonly #charge: ScopeOptions['charge'];
  /** Who asks; undefined: nobody in particular. */
  readonly actor: Actor | undefined;
  readonly account = new Account();
  readonly sentImages: SentImages;

  /**
   * The image [C, H, W] or the point of each draw. All that a request's fields ask for in one tick is one batch per
   * model, of whatever classes.
   */
  readonly examples = new DataLoader<Drawn, Float32Array>((drawn) =>
    byModel(drawn, (model, group) =>
      this.generateEach(
        model,
        group.map((one) => one.draw),
      ),
    ),
  );

  #scores: DataLoader<Drawn, Score> | undefined;
  readonly #calibrations = new Map<Model, Promise<Found<Calibration>>>();

  constructor(options: ScopeOptions) {
    const { repository, requestId, origin, server, hidePaths, uploads, signal, desk, actor, charge } = options;
    this.#desk = desk;
    this.#metrics = options.metrics;
    this.actor = actor;
    this.#charge = charge;
    this.repository = repository;
    this.requestId = requestId;
    this.origin = origin;
    this.server = server;
    this.hidePaths = hidePaths;
    this.onFailure = options.onFailure;
    this.onFailedEntry = options.onFailedEntry;
    this.#signal = signal;
    this.sentImages = new SentImages(this.account, uploads, signal);
  }

  /** Scores of generated examples: they come from the loader above, so image and score together generate once. */
  get scores(): DataLoader<Drawn, Score> {
    this.#scores ??= new DataLoader((drawn) => byModel(drawn, (model, group) => this.#scoresOf(model, group)));
    return this.#scores;
  }

  /** What could not be made keeps its error; the others are scored together. */
  async #scoresOf(model: Model, group: readonly Drawn[]): Promise<(Score | Error)[]> {
    const labels = (await model.scoringLabel()) !== 'none' ? labelsOf(group.map(({ draw }) => draw)) : undefined;
    const scores = await model.scoreEach(await this.examples.loadMany(group), { signal: this.signal, labels });
    await this.turn();
    return scores;
  }

  /** A score as the schema shows it: its calibration is read when it is asked for. */
  scored(score: Score, model: Model): ScoreType {
    return new ScoreType(score, model, async () => (await this.calibrating(model)).result);
  }

  /** The calibration of a model that scores, or why it has none: looked for once a request. */
  calibrating(model: Model): Promise<Found<Calibration>> {
    const found = this.#calibrations.get(model) ?? calibratingOf(model);
    this.#calibrations.set(model, found);
    return found;
  }

  /** Who asks, where it is an admin. @throws GanymedeError UNAUTHENTICATED, FORBIDDEN */
  admin(): string {
    requireRole(this.actor, 'admin', 'this');
    return this.actor!.name;
  }

  /** What the request comes to so far. @throws GanymedeError RATE_LIMITED */
  charge(): void {
    this.#charge?.(this.account.points);
  }

  /** @throws GanymedeError CAPABILITY_MISSING where this server takes no jobs */
  desk(): Desk {
    if (this.#desk) return this.#desk;
    throw new GanymedeError(
      'CAPABILITY_MISSING',
      'Expected a server that takes jobs but this one only serves, as each of several processes (CLUSTER) does without Redis (REDIS_URL).',
    );
  }

  /** @throws GanymedeError CAPABILITY_MISSING where nobody counts */
  metrics(): Counts {
    if (this.#metrics) return this.#metrics;
    throw new GanymedeError('CAPABILITY_MISSING', 'Expected a server that counts what it does but this one does not.');
  }

  /** Null where this server takes no jobs. */
  get jobKeeping(): JobKeeping | null {
    return this.#desk?.keeping ?? null;
  }

  get signal(): AbortSignal {
    return this.#signal();
  }

  /** Before each step that computes on this thread: a large request lets others go between its steps. */
  turn(): Promise<void> | undefined {
    return this.account.isLarge ? rounds.next() : undefined;
  }

  /**
   * For pictures of many draws, such as grids: past the loader, since no field shares their frames. One bad frame fails
   * all.
   */
  async generate(model: Model, draws: readonly Draw[]): Promise<Float32Array[]> {
    return (await this.generateEach(model, draws)).map(orThrow);
  }

  /** What any picture is made of. One bad frame fails all. */
  async frames(model: Model, subject: Subject): Promise<Float32Array[]> {
    if (!isMixed(subject)) return this.generate(model, drawsOf(subject, model));
    const frames = await mixEach(model, mixingOf(subject, model), { signal: this.signal });
    await this.turn();
    return frames.map(orThrow);
  }

  /** An error in the place of a frame that did not come out finite. */
  private async generateEach(model: Model, draws: readonly Draw[]): Promise<(Float32Array | Error)[]> {
    const latents = draws.map(({ z }) => z);
    const truncations = draws.map(({ truncation = 1 }) => truncation);
    const examples = await model.generateEach(latents, { signal: this.signal, labels: labelsOf(draws), truncations });
    await this.turn();
    return examples;
  }
}

async function calibratingOf(model: Model): Promise<Found<Calibration>> {
  return calibrationIn(await measuredOn(model), model.scorer);
}

/** What was measured on a version by now. */
export async function measuredOn({ records, manifest }: Model): Promise<readonly Evaluation[]> {
  return (await records?.evaluations()) ?? manifest.evaluations;
}

/** Undefined for draws of a generator that is not conditional: all of one model are, or none. */
function labelsOf(draws: readonly Draw[]): ClassLabel[] | undefined {
  const labels = draws.flatMap(({ label }) => (label === null ? [] : [label]));
  return labels.length === 0 ? undefined : labels;
}

/** One call per model; a model that fails rejects its own keys only. Results come in the order of the keys. */
async function byModel<R>(
  keys: readonly Drawn[],
  run: (model: Model, group: readonly Drawn[]) => Promise<readonly (R | Error)[]>,
): Promise<(R | Error)[]> {
  const groups = new Map<Model, number[]>();
  keys.forEach((key, i) => {
    const group = groups.get(key.model);
    if (group) group.push(i);
    else groups.set(key.model, [i]);
  });
  const results = new Array<R | Error>(keys.length);
  await Promise.all(
    Array.from(groups, async ([model, indices]) => {
      try {
        const values = await run(
          model,
          indices.map((i) => keys[i] as Drawn),
        );
        indices.forEach((i, k) => {
          results[i] = values[k] as R | Error;
        });
      } catch (error) {
        const failure = error instanceof Error ? error : new Error(String(error));
        for (const i of indices) results[i] = failure;
      }
    }),
  );
  return results;
}
