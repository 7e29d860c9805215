// `ganymede serve`: the settings of the server as options.

import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addServe } from '../../src/commands/serve.js';
import { readConfig } from '../../src/config.js';

/** What the server would start with. */
async function started(...options: readonly string[]) {
  const program = new Command();
  const start = vi.fn(async () => readConfig(process.env));
  addServe(program, start);
  await program.parseAsync(['serve', ...options], { from: 'user' });
  return start.mock.results[0]!.value;
}

describe('ganymede serve', () => {
  const before = process.env;
  beforeEach(() => {
    process.env = { NODE_ENV: 'test' };
  });
  afterEach(() => {
    process.env = before;
  });

  it('starts with the defaults of the settings', async () => {
    expect(await started()).toEqual(readConfig({}));
  });

  it('takes settings as options', async () => {
    const where = [
      '--host',
      '::1',
      '--port',
      '0',
      '--public-url',
      'https://gan.example.com',
      '--checkpoints',
      'models',
    ];
    const how = ['--device', 'webgpu', '--workers', '2', '--threads', '3', '--log-level', 'info'];
    expect(await started(...where, ...how)).toMatchObject({
      ...{ host: '::1', port: 0, publicUrl: 'https://gan.example.com', checkpoints: ['models'] },
      ...{ device: 'webgpu', workers: 2, threadsPerWorker: 3, logLevel: 'info' },
    });
  });

  it('prefers an option to its variable, and takes the variable without one', async () => {
    Object.assign(process.env, { PORT: '5000', HOST: '0.0.0.0' });
    expect(await started('--port', '6000')).toMatchObject({ port: 6000, host: '0.0.0.0' });
  });

  it('refuses a wrong option as a wrong setting', async () => {
    await expect(started('--port', 'http')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('Expected PORT to be a whole number from 0 to 65535 but received "http".'),
    });
  });
});
