// What a fit saves on its way, so that it goes on bit for bit: one safetensors file in a folder of its own, with all
// that decides the outcome as metadata. A fit that goes on must be the same fit; one that is done leaves its pictures
// alone.
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { HostTensors } from '../../engine/tensor.js';
import { GanymedeError, messageOf } from '../../errors.js';
import { writeFileAtomically } from '../../files/atomic.js';
import { type Lock, lockDirectory, removeIfEmpty } from '../../files/lock.js';
import { decodeSafetensors, encodeSafetensors } from '../../files/safetensors.js';

/** All that decides how a fit ends, as plain JSON: which fit, of which version, on which data, with which settings. */
export type Decisive = Readonly<Record<string, string | number | boolean | readonly number[] | null>>;

export interface FitRunOptions {
  /** The folder of the run. */
  readonly directory: string;
  /** Go on with what is there; else the folder must hold no fit. */
  readonly resume: boolean;
  readonly decisive: Decisive;
  readonly saveEverySteps?: number;
}

export interface SavedFit {
  readonly step: number;
  readonly state: HostTensors;
  /** Plain JSON that the fit saved with it. */
  readonly notes: unknown;
}

export const FIT_FILE = 'fit.safetensors';
const BESIDE = 'beside/';
const SAVE_EVERY_STEPS = 500;

const metadataSchema = z.object({
  format: z.literal('fit 1'),
  step: z.string().regex(/^\d+$/).transform(Number),
  notes: z.string().transform((text): unknown => JSON.parse(text)),
  decisive: z.string().transform((text) => z.record(z.string(), z.json()).parse(JSON.parse(text))),
});

export class FitRun {
  readonly #options: FitRunOptions;
  readonly #path: string;

  /** Nobody else works in its folder until it is closed. @throws GanymedeError RUN_IN_USE */
  static async open(options: FitRunOptions, what: string): Promise<FitRun> {
    return new FitRun(options, await lockDirectory(options.directory, what));
  }

  /**
   * Whether a fit lies there if it is to go on, and none if it is new, asked before anything is worked out for it.
   * @throws GanymedeError CONFIG_INVALID
   */
  static async requireState(directory: string, resume: boolean): Promise<void> {
    const path = join(directory, FIT_FILE);
    const isThere = (await sizeOf(path)) !== null;
    if (isThere && !resume) throw refusal(directory, `to be new but ${path} holds one. ${GO_ON}`);
    if (!isThere && resume) throw refusal(directory, `to hold a fit to go on with but there is no ${path}. ${ANEW}`);
  }

  private constructor(
    options: FitRunOptions,
    private readonly lock: Lock,
  ) {
    this.#options = options;
    this.#path = join(options.directory, FIT_FILE);
  }

  get directory(): string {
    return this.#options.directory;
  }

  isDue(step: number, stepsPerRun: number): boolean {
    const every = this.#options.saveEverySteps ?? SAVE_EVERY_STEPS;
    return Math.floor(step / every) > Math.floor((step - stepsPerRun) / every);
  }

  /**
   * What was saved, the tensors of `beside` filled in place; null for a fit that begins.
   * @throws GanymedeError CONFIG_INVALID when the folder holds a fit that is not to go on, or holds none that could, or
   * another.
   */
  async load(beside: HostTensors = {}): Promise<SavedFit | null> {
    await FitRun.requireState(this.directory, this.#options.resume);
    if (!this.#options.resume) return null;
    const bytes = await bytesOf(this.#path);
    const { tensors, metadata } = decodeSafetensors(bytes, this.#path);
    const parsed = metadataSchema.safeParse(metadata);
    if (!parsed.success)
      throw refusal(this.directory, `to hold a fit, but in ${this.#path}: ${z.prettifyError(parsed.error)}.`);
    this.#checkSame(parsed.data.decisive);
    const state: HostTensors = {};
    for (const [name, tensor] of Object.entries(tensors)) {
      if (!name.startsWith(BESIDE)) state[name] = tensor;
      else (beside[name.slice(BESIDE.length)]!.data as Float32Array).set(tensor.data as Float32Array);
    }
    return { step: parsed.data.step, state, notes: parsed.data.notes };
  }

  async save(step: number, state: HostTensors, beside: HostTensors = {}, notes: unknown = null): Promise<void> {
    const kept = Object.entries(beside).map(([name, tensor]) => [`${BESIDE}${name}`, tensor] as const);
    const { decisive } = this.#options;
    const plain = { decisive: JSON.stringify(decisive), notes: JSON.stringify(notes) };
    const metadata = { format: 'fit 1', step: String(step), ...plain };
    await writeFileAtomically(
      this.#path,
      encodeSafetensors({ tensors: { ...state, ...Object.fromEntries(kept) }, metadata }),
    );
  }

  /** Once its result is where it belongs: the folder goes too, if the fit was all that was in it. */
  async finish(): Promise<void> {
    await rm(this.#path, { force: true });
    await this.close();
    await removeIfEmpty(this.directory);
  }

  /** Another may work in the folder. However the fit ended; twice does no harm. */
  close(): Promise<void> {
    return this.lock.release();
  }

  #checkSame(saved: Readonly<Record<string, unknown>>): void {
    const { decisive } = this.#options;
    const names = new Set([...Object.keys(saved), ...Object.keys(decisive)]);
    const changed = [...names].filter((name) => JSON.stringify(saved[name]) !== JSON.stringify(decisive[name]));
    if (changed.length === 0) return;
    const list = changed.map((name) => `${name} ${show(saved[name])}, not ${show(decisive[name])}`).join('; ');
    throw refusal(this.directory, `to hold the fit that was asked for, but the one there has ${list}. ${GO_ON_ALIKE}`);
  }
}

const GO_ON = 'Go on with it (--resume), or delete it.';
const ANEW = 'Leave --resume out.';
const GO_ON_ALIKE = 'Ask for the same again, or begin another (--run).';

function refusal(directory: string, what: string): GanymedeError {
  return new GanymedeError('CONFIG_INVALID', `Expected the run directory ${directory} ${what}`, {
    details: { directory },
  });
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Null where there is no such file. */
async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): GanymedeError {
  const message = `The state ${path} of the fit cannot be read: ${messageOf(cause)}.`;
  return new GanymedeError('CONFIG_INVALID', message, { cause });
}
