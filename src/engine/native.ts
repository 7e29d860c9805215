// Training on native TensorFlow.js: optional packages that bring their own library. The same step runs op by op on their
// backend instead of as one graph. Whoever wants them installs them; nothing here depends on them.

import { GanymedeError, messageOf } from '../errors.js';
import type { Device } from './session.js';
import { type CompiledStep, compileStep, eagerStep, type StepFunction, type StepOptions } from './step.js';
import * as tf from './tf.js';

/** Device name → the package that brings it. */
export const NATIVE_PACKAGES = {
  'tfjs-node': '@tensorflow/tfjs-node',
  'tfjs-node-gpu': '@tensorflow/tfjs-node-gpu',
} as const;

export type NativeDevice = keyof typeof NATIVE_PACKAGES;

/** What a step can run on. */
export type StepDevice = Device | NativeDevice;

/** The step on any device: compiled, or op by op on native TensorFlow.js. @throws GanymedeError DEVICE_UNAVAILABLE. */
export async function openStep(
  step: StepFunction,
  options: Omit<StepOptions, 'device'> & { readonly device?: StepDevice },
): Promise<CompiledStep> {
  const { device = 'cpu', ...rest } = options;
  if (device !== 'tfjs-node' && device !== 'tfjs-node-gpu') return compileStep(step, { ...rest, device });
  await useNative(device);
  return eagerStep(step, rest);
}

/** Loads the package, which registers the backend "tensorflow", and makes that the active one. */
async function useNative(device: NativeDevice): Promise<void> {
  const name: string = NATIVE_PACKAGES[device];
  try {
    await import(name);
  } catch (error) {
    throw new GanymedeError(
      'DEVICE_UNAVAILABLE',
      `Expected the package ${name} for device ${device} but it could not be loaded: ${messageOf(error)}. Run: npm install ${name}`,
      { cause: error, details: { device } },
    );
  }
  if (!(await tf.setBackend('tensorflow'))) {
    throw new GanymedeError(
      'DEVICE_UNAVAILABLE',
      `Expected ${name} to bring a working backend but TensorFlow.js could not start it.`,
    );
  }
}
