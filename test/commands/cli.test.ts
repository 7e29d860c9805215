import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadState } from '../../src/training/checkpoint.js';
import { writeBars, writeRecipe } from '../training/bars.js';
import { temporaryFolder } from '../training/helpers.js';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

function ganymede(args: readonly string[]) {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  return { child, errors, lines: createInterface({ input: child.stdout }) };
}

describe('the command line', () => {
  it('saves and ends well when it is told to terminate in the middle of training', async () => {
    const folder = await temporaryFolder();
    await writeBars(folder, 192);
    const run = join(folder, 'run');
    const { child, lines, errors } = ganymede([
      ...['train', '--data', folder, '--config', await writeRecipe(folder), '--out', join(folder, 'bars')],
      ...['--run', run, '--steps', '1000000', '--threads', '1'],
    ]);
    const printed: string[] = [];
    let told = false; // a second signal would end the process at once
    lines.on('line', (line) => {
      printed.push(line);
      if (!told && line.startsWith('step')) told = child.kill('SIGTERM');
    });
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, errors }).toEqual({ code: 0, errors: [] });
    expect(printed.at(-1)).toContain('Stopped and saved. Go on with: npx ganymede train --resume');
    expect((await loadState(run)).step).toBeGreaterThanOrEqual(20);
  });

  it('prints a refusal as one line with its code and exits with 1', async () => {
    const { child, errors } = ganymede(['train', '--data', '/nowhere', '--config', 'no-such-recipe', '--out', 'x']);
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, errors }).toEqual({
      code: 1,
      errors: ['CONFIG_INVALID: No recipe named no-such-recipe in recipes/.'],
    });
  });
});
