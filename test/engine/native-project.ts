// A project in a temporary folder with the built engine and stand-ins for the packages of native TensorFlow.js, which
// cannot be installed everywhere: their install script downloads a library. Each run is a process of its own, as a
// process can load one such package only.

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Device → the text of its package's index.js; a device that is left out is not installed. */
export type StandIns = Readonly<Partial<Record<'tfjs-node' | 'tfjs-node-gpu', string>>>;

/** Removed when the test that asked for it has finished. */
export async function nativeProject(packages: StandIns): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ganymede-native-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(join(root, 'dist/engine'), join(folder, 'dist/engine'), { recursive: true });
  await cp(join(root, 'dist/errors.js'), join(folder, 'dist/errors.js'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await linkAll(join(root, 'node_modules'), join(folder, 'node_modules'), '@tensorflow');
  await linkAll(join(root, 'node_modules/@tensorflow'), join(folder, 'node_modules/@tensorflow'));
  for (const [name, index] of Object.entries(packages)) {
    const home = join(folder, 'node_modules/@tensorflow', name);
    await mkdir(home);
    await writeFile(join(home, 'package.json'), JSON.stringify({ name: `@tensorflow/${name}`, main: 'index.js' }));
    await writeFile(join(home, 'index.js'), index);
  }
  return folder;
}

/** Runs a module that calls `print` once with JSON, with `openStep`, `probeDevices`, `tf` and `attempt` at hand. */
export async function runIn(folder: string, body: string): Promise<unknown> {
  const program = `
    import { openStep } from './dist/engine/native.js';
    import { probeDevices } from './dist/engine/devices.js';
    import * as tf from './dist/engine/tf.js';
    import '@tensorflow/tfjs-backend-cpu';
    import util from 'node:util';
    const print = (value) => process.stdout.write(JSON.stringify(value));
    const attempt = async (work) => {
      try { return { result: await work() }; }
      catch ({ code, message }) { return { code, message }; }
    };
    ${body}`;
  const options = { cwd: folder, env: { ...process.env, NODE_OPTIONS: '' } };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], options);
  return JSON.parse(stdout);
}

async function linkAll(from: string, to: string, except?: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    if (name !== except && !name.startsWith('tfjs-node')) await symlink(join(from, name), join(to, name));
  }
}

interface Traits {
  readonly gpuPackage?: boolean;
  readonly usesGpu?: boolean;
  /** JavaScript that runs when the package is imported, after its backend is there. */
  readonly also?: string;
}

/**
 * Does what tfjs-node's index.js does, with the kernels of TensorFlow.js's own cpu backend in the place of a library.
 */
export function working({ gpuPackage = false, usesGpu = false, also = '' }: Traits = {}): string {
  return `
    const util = require('util');
    const tf = require('@tensorflow/tfjs-core');
    require('@tensorflow/tfjs-backend-cpu');
    const backend = tf.findBackendFactory('cpu')();
    Object.assign(backend, { isGPUPackage: ${gpuPackage}, isUsingGpuDevice: ${usesGpu} });
    for (const kernel of tf.getKernelsForBackend('cpu')) {
      const kernelFunc = (call) => {
        if (util.isNullOrUndefined(call) || util.isArray(call)) throw new Error('Expected one call.');
        return kernel.kernelFunc(call);
      };
      tf.registerKernel({ ...kernel, backendName: 'tensorflow', kernelFunc });
    }
    tf.registerBackend('tensorflow', () => backend, 3);
    if (!tf.setBackend('tensorflow')) throw new Error('Could not initialize TensorFlow backend.');
    ${also}`;
}

/** What tfjs-node 4.22 throws where its install script has not run, word for word. */
export const WITHOUT_BINDING = `
  const bindingPath = require('path').join(__dirname, 'lib/napi-v8/tfjs_binding.node');
  throw new Error("The Node.js native addon module (tfjs_binding.node) can not " +
    "be found at path: " + String(bindingPath) + ". \\nPlease run command " +
    "'npm rebuild @tensorflow/tfjs-node" +
    (String(bindingPath).indexOf('tfjs-node-gpu') > 0 ? "-gpu" : "") +
    " --build-addon-from-source' to " +
    "rebuild the native addon module. \\nIf you have problem with building " +
    "the addon module, please check " +
    "https://github.com/tensorflow/tfjs/blob/master/tfjs-node/" +
    "WINDOWS_TROUBLESHOOTING.md or file an issue.");`;
