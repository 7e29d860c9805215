// Which devices this machine has for jobs, and why not the others: `ganymede devices` in a process of its own, whose
// answer is kept for a while.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DeviceReport } from '../engine/devices.js';
import { GanymedeError } from '../errors.js';

/** A driver that was installed meanwhile is seen after so long. */
const FRESH_MS = 60_000;

/** A native library may take its time, and each has two minutes. */
const TIMEOUT_MS = 300_000;

export class Devices {
  readonly #probe: () => Promise<readonly DeviceReport[]>;
  #known: { readonly at: number; readonly reports: Promise<readonly DeviceReport[]> } | undefined;

  constructor(probe: () => Promise<readonly DeviceReport[]> = probeElsewhere) {
    this.#probe = probe;
  }

  /** All who ask meanwhile wait for the same; what failed is tried anew by the next who asks. */
  list(): Promise<readonly DeviceReport[]> {
    if (this.#known && performance.now() - this.#known.at < FRESH_MS) return this.#known.reports;
    const known = { at: performance.now(), reports: this.#probe() };
    known.reports.catch(() => {
      if (this.#known === known) this.#known = undefined;
    });
    this.#known = known;
    return known.reports;
  }

  /** The CPU is always there. @throws GanymedeError DEVICE_UNAVAILABLE, with what there is */
  async require(device: string): Promise<void> {
    if (device === 'cpu') return;
    const reports = await this.list();
    const found = reports.find(({ name }) => name === device);
    if (found?.usable) return;
    const available = reports.flatMap(({ name, usable }) => (usable ? [name] : []));
    throw new GanymedeError(
      'DEVICE_UNAVAILABLE',
      `Expected a device that this server has, ${available.join(' or ')}, but received ${device}: ${found?.detail ?? 'nobody knows it'}.`,
      { details: { device, available } },
    );
  }
}

async function probeElsewhere(): Promise<readonly DeviceReport[]> {
  const program = fileURLToPath(new URL('../../dist/engine/probe-process.js', import.meta.url));
  const child = fork(program, [], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'], timeout: TIMEOUT_MS });
  let reports: readonly DeviceReport[] | undefined;
  child.once('message', (message) => {
    reports = message as readonly DeviceReport[];
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (reports) return reports;
  throw new GanymedeError(
    'ENGINE_FAILED',
    `Expected a list of devices but the process that tries them ended with ${signal ?? `code ${code}`}. Run npx ganymede devices to see why.`,
  );
}
