// Loads a package of native TensorFlow.js (tfjs-node, tfjs-node-gpu) and makes its backend the active one. The packages
// are optional and bring a library of their own, so much can be missing: each way of failing is told apart, with what
// to do.

import util from 'node:util';
import { GanymedeError, messageOf } from '../errors.js';
import { refuseWrongKernels } from './native-limits.js';
import * as tf from './tf.js';

/** Device name → the package that brings it. */
export const NATIVE_PACKAGES = {
  'tfjs-node': '@tensorflow/tfjs-node',
  'tfjs-node-gpu': '@tensorflow/tfjs-node-gpu',
} as const;

export type NativeDevice = keyof typeof NATIVE_PACKAGES;

/** The name under which both packages register their backend. */
export const NATIVE_BACKEND = 'tensorflow';

export function isNative(device: string): device is NativeDevice {
  return Object.hasOwn(NATIVE_PACKAGES, device);
}

/** What this process runs on: it can load one package, once, with one number of threads. */
let started: { device: NativeDevice; threads: number; ready: Promise<void> } | null = null;

/**
 * Makes the device's backend the active one. `threads` is 1 by default, or what the device was started with.
 * @throws GanymedeError DEVICE_UNAVAILABLE, whose `details.advice` says what to do; CONFIG_INVALID for other threads.
 */
export async function startNative(device: NativeDevice, threads?: number): Promise<void> {
  if ((started && started.device !== device) || otherPackageIsLoaded(device)) throw secondPackage(device);
  if (started && threads !== undefined && started.threads !== threads) {
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected ${started.threads} threads for device ${device} but received ${threads}: TensorFlow reads their number when it ` +
        'loads, once in a process. Use the same number, or another process.',
    );
  }
  started ??= { device, threads: threads ?? 1, ready: load(device, threads ?? 1) };
  await started.ready;
  await tf.setBackend(NATIVE_BACKEND);
}

/** What the backend of either package tells about itself. */
interface NativeBackend {
  readonly isGPUPackage: boolean;
  readonly isUsingGpuDevice: boolean;
}

function backend(): NativeBackend | null {
  return tf.findBackend(NATIVE_BACKEND) as unknown as NativeBackend | null;
}

/** Also where somebody else loaded it: a package that comes second would be handed the first one's backend. */
function otherPackageIsLoaded(device: NativeDevice): boolean {
  const loaded = backend();
  return loaded !== null && loaded.isGPUPackage !== (device === 'tfjs-node-gpu');
}

async function load(device: NativeDevice, threads: number): Promise<void> {
  const previous = tf.engine().backendName;
  limitThreads(threads);
  restoreUtil();
  try {
    await import(NATIVE_PACKAGES[device] as string);
  } catch (error) {
    started = null;
    throw notLoaded(device, error);
  }
  if (device === 'tfjs-node-gpu' && !backend()?.isUsingGpuDevice) {
    // The package has made itself the active backend, on the processor.
    if (previous) await tf.setBackend(previous);
    throw withoutGpu(device);
  }
  refuseWrongKernels(NATIVE_BACKEND, device);
}

/** TensorFlow reads these when its library loads. One operator runs at a time, as in ONNX Runtime's sessions here. */
function limitThreads(threads: number): void {
  process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  process.env.TF_NUM_INTEROP_THREADS = '1';
  process.env.OMP_NUM_THREADS = String(threads);
}

/** tfjs-node 4.22 calls these helpers of `util`; Node 23 and later lack the first. */
function restoreUtil(): void {
  const helpers = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  };
  for (const [name, helper] of Object.entries(helpers)) {
    if (!(name in util)) Object.defineProperty(util, name, { value: helper, configurable: true, writable: true });
  }
}

function notLoaded(device: NativeDevice, error: unknown): GanymedeError {
  const name = NATIVE_PACKAGES[device];
  // --save-peer: an optional peer that package.json names already is not installed by a plain `npm install`.
  // --ignore-scripts=false: the install script of these packages brings their library, and .npmrc turns scripts off.
  if (!isInstalled(name)) {
    const advice = `npm install --save-peer --ignore-scripts=false ${name}`;
    return unavailable(device, 'it is not installed', `run: ${advice}`, error);
  }
  const said = messageOf(error).split('\n')[0]!.trim();
  const code = (error as { code?: unknown }).code;
  if (said.includes('tfjs_binding.node') || code === 'ERR_DLOPEN_FAILED') {
    const advice = `npm rebuild --ignore-scripts=false ${name}`;
    return unavailable(device, `its native library cannot be loaded (${said})`, `run: ${advice}`, error);
  }
  return unavailable(device, `loading it failed (${said})`, `install it anew or use another device`, error);
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}

function withoutGpu(device: NativeDevice): GanymedeError {
  return unavailable(
    device,
    'it finds no GPU that it can use and would run on the processor',
    'install the NVIDIA driver, CUDA 11.2 and cuDNN 8.1, or use device tfjs-node',
  );
}

function secondPackage(device: NativeDevice): GanymedeError {
  return unavailable(
    device,
    'this process has loaded the other package of native TensorFlow.js, whose backend has the same name',
    'run each in a process of its own',
  );
}

function unavailable(device: NativeDevice, reason: string, advice: string, cause?: unknown): GanymedeError {
  return new GanymedeError(
    'DEVICE_UNAVAILABLE',
    `Expected the package ${NATIVE_PACKAGES[device]} to bring device ${device} but ${reason}. To use it, ${advice}.`,
    { ...(cause === undefined ? {} : { cause }), details: { device, reason, advice } },
  );
}
