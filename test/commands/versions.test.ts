// `ganymede versions` and `ganymede activate`, and what the other commands make of several folders.

import { spawnSync } from 'node:child_process';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { besides, nextPlace } from '../../src/commands/versions.js';
import { readActive } from '../../src/models/active.js';
import { temporaryFolder, writeCheckpoint } from '../models/checkpoints.js';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
  for (const version of [1, 2]) await writeCheckpoint(folder.path, 'portraits', version);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await folder.remove();
});

function ganymede(...args: readonly string[]) {
  const env = { ...process.env, CHECKPOINTS: folder.path };
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('the active version', () => {
  it('is listed, chosen and given back', async () => {
    const latest = 'portraits: 1, 2 (active). The latest is active.\n';
    expect(ganymede('versions', 'portraits')).toEqual({ status: 0, stdout: latest, stderr: '' });
    const chosen = 'portraits: 1 (active), 2. Version 1 stays active when another is published.\n';
    const notice = 'A server that runs takes notice on SIGHUP.\n';
    expect(ganymede('activate', 'portraits', '1')).toEqual({ status: 0, stdout: chosen + notice, stderr: '' });
    expect(await readActive(join(folder.path, 'portraits'))).toBe(1);
    expect(ganymede('versions', 'portraits').stdout).toBe(chosen);
    expect(ganymede('activate', 'portraits', 'latest').stdout).toBe(latest + notice);
  });

  it.each([
    [['activate', 'portraits', '3'], 'VERSION_NOT_FOUND: Expected a version of portraits among 1, 2 but received 3.'],
    [['activate', 'faces', '1'], 'MODEL_NOT_FOUND: Expected a model of'],
    [['versions', 'faces'], 'MODEL_NOT_FOUND: Expected a model of'],
    [['activate', 'portraits', 'newest'], 'Expected the number of a version, from 1, or "latest".'],
    [['activate', 'portraits', '0'], 'Expected the number of a version, from 1, or "latest".'],
    [['activate', 'portraits'], "missing required argument 'version'"],
  ])('is not %j', (args, says) => {
    const { status, stdout, stderr } = ganymede(...args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(says);
  });
});

describe('the other folders of a model', () => {
  it('are those that are served with the folder in which it lies', () => {
    vi.stubEnv('CHECKPOINTS', ['mine', 'shipped'].join(delimiter));
    expect(besides('mine/mnist')).toEqual([resolve('shipped/mnist')]);
    expect(besides('./shipped/mnist/')).toEqual([resolve('mine/mnist')]);
    expect(besides('elsewhere/mnist')).toEqual([]);
  });

  it('are where the next version of a checkpoint goes: into the first that is served', () => {
    vi.stubEnv('CHECKPOINTS', ['mine', 'shipped'].join(delimiter));
    expect(nextPlace('shipped/mnist/1')).toEqual({ out: resolve('mine/mnist'), beside: [resolve('shipped/mnist')] });
    expect(nextPlace('mine/mnist/2/')).toEqual({ out: resolve('mine/mnist'), beside: [resolve('shipped/mnist')] });
    expect(nextPlace('elsewhere/mnist/1')).toEqual({ out: resolve('elsewhere/mnist'), beside: [] });
  });
});
