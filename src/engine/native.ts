// One door for a step on any device: compiled into a graph, or op by op on native TensorFlow.js.

import { GanymedeError, messageOf } from '../errors.js';
import { isNative, type NativeDevice, startNative } from './native-package.js';
import type { Device } from './session.js';
import { type CompiledStep, compileStep, eagerStep, type StepFunction, type StepOptions } from './step.js';

/** What a step can run on. */
export type StepDevice = Device | NativeDevice;

/** @throws GanymedeError DEVICE_UNAVAILABLE, and what `compileStep` throws. */
export async function openStep(
  step: StepFunction,
  options: Omit<StepOptions, 'device'> & { readonly device?: StepDevice },
): Promise<CompiledStep> {
  const { device = 'cpu', ...rest } = options;
  if (!isNative(device)) return compileStep(step, { ...rest, device });
  await startNative(device, rest.threads);
  const eager = await eagerStep(step, rest);
  return { ...eager, run: (inputs) => eager.run(inputs).catch((error) => refuse(device, error)) };
}

/** The library's own refusals are plain errors that name neither the device nor a way out. */
function refuse(device: NativeDevice, error: unknown): never {
  if (error instanceof GanymedeError) throw error;
  throw new GanymedeError(
    'ENGINE_FAILED',
    `Expected a step that device ${device} can run but TensorFlow.js said: ${messageOf(error)} ` +
      'docs/devices.md lists the limits of native devices; device cpu has none of them.',
    { cause: error, details: { device } },
  );
}
