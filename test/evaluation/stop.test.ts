import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { evaluationsOf } from '../../src/models/evaluations.js';
import type { WorkEvent } from '../../src/work.js';
import { temporaryFolder } from '../training/helpers.js';

const RING = fileURLToPath(new URL('../../checkpoints/ring8', import.meta.url));

it('an evaluation stops in the middle of a protocol, and keeps what was measured before it', async () => {
  const folder = await temporaryFolder();
  await cp(RING, join(folder, 'ring8'), { recursive: true });
  const version = (await readdir(join(folder, 'ring8'))).find((name) => /^\d+$/.test(name));
  const checkpoint = join(folder, 'ring8', version!);
  const before = (await evaluationsOf(checkpoint)).length;
  const stop = new AbortController();
  const events: WorkEvent[] = [];
  const onEvent = (event: WorkEvent) => {
    events.push(event);
    const measured = events.some(({ kind, ...more }) => kind === 'metric' && 'name' in more && more.name === 'modes');
    if (measured && event.kind === 'progress') stop.abort(); // within the next protocol
  };
  const options = { checkpoint, data: 'builtin:ring8', protocol: 'all', samples: 1000, threads: 1 };
  expect(await evaluate(options, { signal: stop.signal, onEvent })).toBeNull();
  expect(events.at(-1)).toMatchObject({ kind: 'finished', outcome: 'stopped' });
  const kept = (await evaluationsOf(checkpoint)).slice(before);
  expect(kept.map(({ protocol }) => protocol)).toEqual(['modes']);
});
