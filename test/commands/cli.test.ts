import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/datasets/open.js';
import { loadState } from '../../src/training/checkpoint.js';
import { publishRun } from '../../src/training/publish.js';
import { train } from '../../src/training/trainer.js';
import { barsRecipe, writeBars, writeRecipe } from '../training/bars.js';
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
    expect(printed.at(-1)).toContain('Stopped and saved. Go on with: npx ganymede train --data');
    expect((await loadState(run)).step).toBeGreaterThanOrEqual(20);
  });

  it('stops a fit on Ctrl-C, says how to go on, and goes on', async () => {
    const folder = await temporaryFolder();
    await writeBars(folder, 192);
    const run = join(folder, 'run');
    const recipe = barsRecipe();
    await train({ recipe, dataset: await openDataset(folder), runDirectory: run, model: 'bars', seed: 1, steps: 20 });
    const { path } = await publishRun({ run, out: join(folder, 'models', 'bars') });
    const fit = ['fit', 'encoder', '--checkpoint', path, '--data', folder, '--threads', '1', '--refine', '0'];
    const own = ['--run', join(folder, 'fit'), '--steps', '20000'];
    const stopped = ganymede([...fit, ...own]);
    const printed: string[] = [];
    let told = false; // a second signal would end the process at once
    stopped.lines.on('line', (line) => {
      printed.push(line);
      if (!told && line.startsWith('step')) told = stopped.child.kill('SIGINT');
    });
    const [code] = (await once(stopped.child, 'close')) as [number | null];
    expect({ code, errors: stopped.errors }).toEqual({ code: 0, errors: [] });
    const last = printed.at(-1)!;
    expect(last).toMatch(/^Stopped and saved\. Go on with: npx ganymede fit encoder --checkpoint .* --resume$/);
    // What it printed is a command that works; it is stopped again, from where it had come to.
    const again = ganymede(last.split('npx ganymede ')[1]!.split(' '));
    const steps: number[] = [];
    again.lines.on('line', (line) => {
      const step = Number(/^step (\d+)/.exec(line)?.[1]);
      if (step) steps.push(step);
      if (step && steps.length === 1) again.child.kill('SIGTERM');
    });
    expect((await once(again.child, 'close'))[0]).toBe(0);
    expect(steps[0]).toBeGreaterThan(100);
  });

  it('prints a refusal as one line with its code and exits with 1', async () => {
    const { child, errors } = ganymede(['train', '--data', '/nowhere', '--config', 'no-such-recipe', '--out', 'x']);
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, errors }).toEqual({
      code: 1,
      errors: [
        'CONFIG_INVALID: No recipe named no-such-recipe in recipes/. "npx ganymede recipes" lists all; without one, it is chosen for the data.',
      ],
    });
  });
});
