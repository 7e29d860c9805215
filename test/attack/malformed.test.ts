// Requests that nobody should send, drawn from a seed: whatever comes, the server answers in time, blames the client
// and not itself, and keeps no memory of it. A failure names the seed and the number of the request; ATTACK_SEED sets
// the seed.

import { createConnection } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Draw, KINDS } from './requests.js';
import { inTurns, LONG, measured, randomOf, startVictim, type Victim } from './victim.js';

const SEED = Number(process.env['ATTACK_SEED'] ?? 20_140_610);
const REQUESTS = LONG ? 10_000 : 1000;
const AT_A_TIME = 16;
const MOST_SECONDS = 5;
const MOST_GROWTH_MB = 50;

let victim: Victim;
beforeAll(async () => {
  victim = await startVictim();
});
afterAll(() => victim.stop());

/** What comes until the server closes, the client having said all; the empty text where it just closes. */
function send(bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(victim.port, '127.0.0.1');
    const parts: Buffer[] = [];
    const end = setTimeout(() => socket.destroy(new Error(`no end after ${MOST_SECONDS} s`)), MOST_SECONDS * 1000);
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (part) => parts.push(part));
    // Node answers what it cannot read and resets the connection.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? undefined : reject(error),
    );
    socket.on('close', () => {
      clearTimeout(end);
      resolve(Buffer.concat(parts).toString('latin1'));
    });
    socket.on('connect', () => waitsForMore(bytes) && socket.end());
  });
}

/** No whole head: only the end of the connection tells the server that nothing more comes. */
function waitsForMore(bytes: Buffer): boolean {
  return !bytes.includes('\r\n\r\n') || /content-length: (1e9|9{9,})|f{16}/.test(bytes.toString('latin1'));
}

function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
}

function faultOf(answer: string): string | null {
  const status = statusOf(answer);
  if (status >= 500 && status !== 503) return `status ${status}`;
  return answer.includes('INTERNAL_SERVER_ERROR') ? 'INTERNAL_SERVER_ERROR' : null;
}

interface Outcome {
  readonly faults: string[];
  /** Status → how many; 0 where the server closed without one. */
  readonly statuses: Record<number, number>;
}

async function attack(seed: number, count: number): Promise<Outcome> {
  const names = Object.keys(KINDS);
  const faults: string[] = [];
  const statuses: Record<number, number> = {};
  await inTurns(count, AT_A_TIME, async (index) => {
    const name = names[index % names.length]!;
    const bytes = KINDS[name]!(new Draw(randomOf(seed + index * 7919)));
    const answer = await send(bytes).catch((error: Error) => error.message);
    const status = statusOf(answer);
    statuses[status] = (statuses[status] ?? 0) + 1;
    const fault = answer.startsWith('no end') ? answer : faultOf(answer);
    if (fault)
      faults.push(
        `seed ${seed}, request ${index} (${name}): ${fault}\n${bytes.toString('latin1').slice(0, 600)}\n→ ${answer.slice(-400)}`,
      );
  });
  return { faults, statuses };
}

test(`${REQUESTS.toLocaleString('en-US')} malformed requests end in time and leave nothing behind`, async () => {
  await attack(SEED + 1, REQUESTS / 2); // what is compiled and kept once is no growth
  const before = await victim.memory();
  const { faults, statuses } = await attack(SEED, REQUESTS);
  const after = await victim.memory();
  measured(`malformed ×${REQUESTS}, by status ${JSON.stringify(statuses)}: ${faults.length} faults`, before, after);
  expect(faults).toEqual([]);
  // The others were refused otherwise, were not so bad, or said too little.
  expect(statuses[400]).toBeGreaterThan(REQUESTS / 4);
  expect(statuses[0] ?? 0).toBeLessThan(REQUESTS / 10);
  expect(victim.alive()).toBe(true);
  expect(after.now - before.now).toBeLessThan(MOST_GROWTH_MB);
});
