// The command `worker`: takes jobs from Redis until Ctrl-C. Its settings are those of the server's that jobs heed; each
// stands for an environment variable, which src/config.ts reads and checks.

import { availableParallelism, hostname } from 'node:os';
import { type Command, Option } from 'commander';
import { readConfig } from '../config.js';
import { GanymedeError } from '../errors.js';
import { stoppable } from './run.js';
import { intoEnvironment, JOB_SETTINGS, setting } from './serve.js';

const DEVICES = ['cpu', 'webgpu', 'cuda', 'tfjs-node', 'tfjs-node-gpu'];

const SETTINGS = [
  ...JOB_SETTINGS,
  setting('--threads <n>', 'THREADS', 'threads of a job (default: all cores)'),
  setting('--log-level <level>', 'LOG_LEVEL', 'from trace to fatal, or silent (default: warn)'),
];

export function addWorker(program: Command): void {
  const worker = program
    .command('worker')
    .description('take jobs from Redis and run them, until Ctrl-C; then they are saved, and go on elsewhere')
    .addOption(
      new Option('--devices <list>', `for which jobs, with commas between them: ${DEVICES.join(', ')}`).default('cpu'),
    );
  for (const option of SETTINGS) worker.addOption(option);
  worker.action(async ({ devices, ...options }: Readonly<Record<string, string>> & { devices: string }) => {
    intoEnvironment(options, SETTINGS);
    await stoppable((signal) => work(devicesIn(devices), signal));
  });
}

async function work(devices: readonly string[], signal: AbortSignal): Promise<void> {
  const { redis, data, checkpoints, jobLimits, threadsPerWorker, logLevel } = readConfig(process.env);
  if (!redis) throw new GanymedeError('CONFIG_INVALID', 'Expected REDIS_URL, from where a worker takes its jobs.');
  const { pino } = await import('pino');
  const log = pino({ level: logLevel }, pino.destination({ fd: 2, sync: true }));
  const { Hub } = await import('../jobs/redis/hub.js');
  const { JobWorker } = await import('../jobs/redis/worker.js');
  const hub = await Hub.open({ ...redis, data, checkpoints, log });
  try {
    await untilThere(hub.connection, signal);
    const name = `${hostname()}-${process.pid}`;
    const threads = threadsPerWorker ?? availableParallelism();
    const worker = new JobWorker({ hub, name, devices, threads, limits: jobLimits });
    process.stdout.write(`${name} takes jobs for ${devices.join(', ')}. Ctrl-C saves what runs and ends.\n`);
    await stopped(signal);
    await worker.close();
  } finally {
    await hub.close();
  }
}

/** @throws GanymedeError CONFIG_INVALID for a Redis, or folders, that cannot be used */
async function untilThere(connection: { ready(): Promise<void>; insist: Insist }, signal: AbortSignal): Promise<void> {
  await connection.ready().catch((error: unknown) => {
    if (error instanceof GanymedeError && error.code !== 'STORE_UNAVAILABLE') throw error;
    process.stdout.write('Waits for Redis.\n');
  });
  await Promise.race([connection.insist(() => connection.ready()), stopped(signal)]);
}

type Insist = <T>(work: () => Promise<T>) => Promise<T>;

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function devicesIn(list: string): readonly string[] {
  const devices = [...new Set(list.split(',').map((one) => one.trim()))];
  const unknown = devices.find((device) => !DEVICES.includes(device));
  if (unknown === undefined) return devices;
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected --devices to be of ${DEVICES.join(', ')} but received ${JSON.stringify(unknown)}.`,
  );
}
