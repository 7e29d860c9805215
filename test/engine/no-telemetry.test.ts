import { execFile } from 'node:child_process';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { shippedFolder } from '../shipped.js';

/** Loads the runtime in the way of the server, in a thread, or in that of the command line. */
const ENGINE = `
  const { Engine } = await import(${JSON.stringify(new URL('../../dist/engine/engine.js', import.meta.url).href)});
  const { readFile } = await import('node:fs/promises');
  const engine = await Engine.start({ workers: 1, threadsPerWorker: 1 });
  const graph = new URL(${JSON.stringify(pathToFileURL(join(shippedFolder('ring8'), 'generate.onnx')).href)});
  await engine.load('graph', new Uint8Array(await readFile(graph)));
  await engine.close();`;
const SESSION = `
  const { runtimeVersion } = await import(${JSON.stringify(new URL('../../dist/engine/session.js', import.meta.url).href)});
  if (!runtimeVersion) throw new Error('Expected the runtime to be there.');
  const { probeDevices } = await import(${JSON.stringify(new URL('../../dist/engine/devices.js', import.meta.url).href)});
  await probeDevices();`;

it.each([
  ['the engine', ENGINE],
  ['the command line', SESSION],
])('%s keeps no number of this device and leaves no file at home', async (_, program) => {
  const home = await mkdtemp(join(tmpdir(), 'ganymede-test-'));
  const file = join(await mkdtemp(join(tmpdir(), 'ganymede-test-')), 'program.mjs');
  await writeFile(file, program);
  const { ORT_DISABLE_TELEMETRY: _unset, ...environment } = process.env;
  const options = { cwd: home, env: { ...environment, HOME: home, XDG_CACHE_HOME: join(home, '.cache') } };
  await promisify(execFile)(process.execPath, [file], options);
  expect(await readdir(home)).toEqual([]);
});
