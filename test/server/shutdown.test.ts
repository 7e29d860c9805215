import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('stopping.mjs', import.meta.url));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Long enough that a test that waits for it fails: nothing below may depend on it. */
const AN_HOUR = 3_600_000;

interface Stopping {
  readonly port: number;
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Resolves once the text was printed. */
  readonly said: (text: string) => Promise<void>;
  readonly end: Promise<{ status: number | null; signal: string | null }>;
}

async function start(what: 'encode' | 'busy' | 'nothing', graceMs: number): Promise<Stopping> {
  const child = spawn(process.execPath, [PROGRAM, what, String(graceMs)], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const end = once(child, 'close').then(([status, signal]) => ({ status, signal }));
  const said = async (wanted: string): Promise<void> => {
    while (!text.includes(wanted)) await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
  };
  await said('\n');
  return { child, end, said, output: () => text, port: Number(/ready (\d+)/.exec(text)?.[1]) };
}

describe('a process that is told to stop', () => {
  test('answers what is in flight and ends by itself with status 0', async () => {
    const { child, end, port, said } = await start('nothing', AN_HOUR);
    const reply = fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
    await said('asked');
    child.kill('SIGTERM');
    expect(await (await reply).text()).toBe('answered');
    expect(await end).toEqual({ status: 0, signal: null });
  });

  test('ends after its grace although a native encode goes on for minutes', async () => {
    const { child, end, output } = await start('encode', 500);
    child.kill('SIGTERM');
    expect(await end).toEqual({ status: null, signal: 'SIGKILL' });
    expect(output()).not.toMatch('encoded');
  });

  test('ends after its grace although the event loop never turns again', async () => {
    const { child, end } = await start('busy', 500);
    child.kill('SIGINT');
    expect(await end).toEqual({ status: null, signal: 'SIGKILL' });
  });

  test('ends at once when told again, whatever runs', async () => {
    const { child, end, said, output } = await start('encode', AN_HOUR);
    child.kill('SIGTERM');
    await said('closing');
    child.kill('SIGTERM');
    expect(await end).toEqual({ status: null, signal: 'SIGKILL' });
    expect(output()).not.toMatch('encoded');
  });
});
