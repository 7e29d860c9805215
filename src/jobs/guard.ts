// The watch over a job's process: that it lives, and what it takes of memory, time and disk. It counts the ticks of its
// own timer and asks no clock, so a clock that is set, or a server that was stopped for an hour, ends no job.

import { readFileSync } from 'node:fs';
import { type ErrorCode, expected, GanymedeError } from '../errors.js';
import { bytesIn, freeBytes } from '../files/room.js';

/** What one job may take; Infinity for no limit. */
export interface JobLimits {
  /** Of its process, resident. */
  readonly memoryMiB: number;
  /** From the beginning of its process to its end; a retry has as many again. */
  readonly minutes: number;
  /** Of the folder of its run. */
  readonly diskMiB: number;
  /** What is left free on the disks that jobs write to: below it no job begins, below half of it those that run end. */
  readonly reserveMiB: number;
}

export const NO_LIMITS: JobLimits = {
  memoryMiB: Number.POSITIVE_INFINITY,
  minutes: Number.POSITIVE_INFINITY,
  diskMiB: Number.POSITIVE_INFINITY,
  reserveMiB: 0,
};

/** Why a process is ended. `by`: told to save and end where there is time for it, killed where there is none. */
export interface Excess {
  readonly by: 'stop' | 'kill';
  /** Null where nothing was exceeded: it said nothing any more, or did not end when it was told to. */
  readonly code: Extract<ErrorCode, 'JOB_MEMORY' | 'JOB_TIMEOUT' | 'JOB_DISK' | 'INSUFFICIENT_STORAGE'> | null;
  readonly message: string;
}

export interface GuardOptions {
  readonly pid: number | undefined;
  readonly limits: JobLimits;
  /** The folder of its run; nothing to measure without it. */
  readonly run?: string | undefined;
  /** A process that neither says nor does anything for so long hangs, or was stopped from outside. */
  readonly silentMs: number;
  readonly onExcess: (excess: Excess) => void;
}

const MIB = 2 ** 20;
const TICK_MS = 500;
const TICKS_A_MINUTE = 60_000 / TICK_MS;
/** Disks are asked less often than memory, which grows faster. */
const TICKS_A_DISK = 4;
/** To save and end. A process that takes longer is ended; its last saved state stays. */
const TICKS_TO_STOP = 2 * TICKS_A_MINUTE;

export class Guard {
  readonly #options: GuardOptions;
  readonly #timer: NodeJS.Timeout;
  #ticks = 0;
  #silent = 0;
  #stopping = Number.POSITIVE_INFINITY;
  #told: number | undefined;
  /** What it had worked when it was heard last. */
  #worked: number | undefined;
  #measuring = false;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** It said something; perhaps how many bytes of memory it has. */
  heard(residentBytes?: number): void {
    this.#silent = 0;
    this.#told = residentBytes ?? this.#told;
  }

  /** It was told to save and end. */
  stopping(): void {
    this.#stopping = Math.min(this.#stopping, this.#ticks + TICKS_TO_STOP);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    this.#ticks++;
    if (this.#silent++ === 0) this.#worked = workedBy(this.#options.pid);
    this.#checkLife();
    this.#checkTime();
    this.#checkMemory();
    if (this.#ticks % TICKS_A_DISK === 0) void this.#checkDisk();
  }

  #checkLife(): void {
    if (this.#silent * TICK_MS > this.#options.silentMs) {
      // One call of the engine may be long, and longer where others have the cores: what works is alive.
      if (workedBy(this.#options.pid) !== this.#worked) this.heard();
      else this.#exceeds('kill', null, `It said nothing for ${seconds(this.#silent)}.`);
    }
    if (this.#ticks > this.#stopping) {
      this.#exceeds('kill', null, `It did not end within ${seconds(TICKS_TO_STOP)}.`);
    }
  }

  #checkTime(): void {
    const { minutes } = this.#options.limits;
    if (this.#ticks <= minutes * TICKS_A_MINUTE) return;
    const message = `Expected an end within ${minutes} minutes (JOB_MINUTES) but it still ran. What it did is saved: retryJob goes on, with as many minutes again.`;
    this.#exceeds('stop', 'JOB_TIMEOUT', message);
  }

  #checkMemory(): void {
    const { limits, pid } = this.#options;
    const resident = (residentOf(pid) ?? this.#told ?? 0) / MIB;
    if (resident <= limits.memoryMiB) return;
    const taken = `${Math.round(resident)} MiB after ${seconds(this.#ticks)}`;
    const message = `Expected at most ${limits.memoryMiB} MiB of memory (JOB_MEMORY_MIB) but its process took ${taken}. A smaller batch needs less, and so does less data.`;
    this.#exceeds('kill', 'JOB_MEMORY', message);
  }

  async #checkDisk(): Promise<void> {
    const { run, limits } = this.#options;
    if (run === undefined || this.#measuring) return;
    this.#measuring = true;
    try {
      const free = freeBytes(run) / MIB;
      if (free < limits.reserveMiB / 2) this.#exceeds('stop', 'INSUFFICIENT_STORAGE', nearlyFull(free, limits));
      const taken = limits.diskMiB === Number.POSITIVE_INFINITY ? 0 : (await bytesIn(run)) / MIB;
      if (taken <= limits.diskMiB) return;
      const message = `Expected at most ${limits.diskMiB} MiB on the disk (JOB_DISK_MIB) but its run took ${Math.round(taken)} MiB. Save and preview less often, or raise the limit.`;
      this.#exceeds('stop', 'JOB_DISK', message);
    } catch {
      // A folder that cannot be looked at is not measured; what is wrong with it, the work itself will say.
    } finally {
      this.#measuring = false;
    }
  }

  #exceeds(by: Excess['by'], code: Excess['code'], message: string): void {
    if (by === 'stop') this.stopping();
    this.#options.onExcess({ by, code, message });
  }
}

/** Of each limit, which setting it is. */
const SETTINGS = { memoryMiB: 'JOB_MEMORY_MIB', minutes: 'JOB_MINUTES', diskMiB: 'JOB_DISK_MIB' } as const;

/** What an order may say of its own limits. @throws GanymedeError BAD_USER_INPUT */
export function checkLimits(asked: Partial<JobLimits> = {}, allowed: JobLimits): void {
  for (const [name, setting] of Object.entries(SETTINGS) as [keyof typeof SETTINGS, string][]) {
    const value = asked[name];
    if (value === undefined || (value > 0 && value <= allowed[name])) continue;
    throw expected(`limits.${name} above 0 and at most ${allowed[name]} (${setting} of this server)`, value);
  }
}

/** Whether a job may begin. @throws GanymedeError INSUFFICIENT_STORAGE */
export function requireRoom(folders: readonly string[], limits: JobLimits): void {
  const free = Math.min(...folders.map(freeBytes)) / MIB;
  if (free >= limits.reserveMiB) return;
  throw new GanymedeError('INSUFFICIENT_STORAGE', nearlyFull(free, limits), {
    details: { freeMiB: Math.floor(free), reserveMiB: limits.reserveMiB },
  });
}

/** Why no job begins, or why those that run end. */
function nearlyFull(freeMiB: number, { reserveMiB }: Pick<JobLimits, 'reserveMiB'>): string {
  return `Expected ${reserveMiB} MiB to stay free on the disk (DISK_RESERVE_MIB) but there are ${Math.floor(freeMiB)}. Free some, and try again.`;
}

function seconds(ticks: number): string {
  return `${Math.round((ticks * TICK_MS) / 1000)} s`;
}

/** Bytes, where the system tells of another process: Linux. */
function residentOf(pid: number | undefined): number | undefined {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(procOf(pid, 'status')) ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024; // a zombie has none
}

/** Ticks of processor time, its own and the system's for it; Linux, as above. */
function workedBy(pid: number | undefined): number | undefined {
  const stat = procOf(pid, 'stat');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // behind its name, which may hold spaces
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return Number.isFinite(user + system) ? user + system : undefined;
}

/** Empty where it has just ended, where /proc is hidden, and elsewhere: what it told of itself counts then. */
function procOf(pid: number | undefined, file: 'status' | 'stat'): string {
  try {
    return pid === undefined ? '' : readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
