// What somebody meets who installs Ganymede from a checkout: npm has nothing to warn of, and the command is found.

import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './training/helpers.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const run = promisify(execFile);

describe('a checkout', () => {
  it('has settings for npm that npm knows, and by which no dependency runs a script when it is installed', async () => {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
    const { stdout, stderr } = await run('npm', ['config', 'get', 'ignore-scripts'], { cwd: root, env });
    expect(stdout.trim()).toBe('true');
    expect(stderr).not.toContain('project config');
  });

  it('has the command before it is built, which says to build', async () => {
    const folder = await temporaryFolder();
    for (const file of ['package.json', 'bin']) await cp(join(root, file), join(folder, file), { recursive: true });
    await expect(run(join(folder, 'bin/ganymede.js'), ['--help'])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npm run build'),
    });
  });

  it('has the command once it is built', async () => {
    const { stdout } = await run(join(root, 'bin/ganymede.js'), ['--help']);
    expect(stdout).toContain('Usage: ganymede');
  });
});
