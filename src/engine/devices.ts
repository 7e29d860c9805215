// Which devices this machine can run graphs on, found by trying: a tiny graph on each. Nothing else tells for sure; the
// runtime's own list names what it was built for, not what is here.

import { messageOf } from '../errors.js';
import { GraphBuilder } from './graph.js';
import { NATIVE_PACKAGES, type NativeDevice, type StepDevice } from './native.js';
import { encodeModel } from './onnx.js';
import { type Device, Session } from './session.js';
import { float32 } from './tensor.js';

export interface DeviceReport {
  readonly name: StepDevice;
  readonly usable: boolean;
  /** What it is, and where it is not usable, why and what to do. */
  readonly detail: string;
}

const DEVICES: Readonly<Record<Device, { readonly is: string; readonly advice: string }>> = {
  cpu: { is: 'ONNX Runtime on this machine’s cores', advice: 'reinstall with npm ci' },
  webgpu: {
    is: 'any GPU by Vulkan, Metal or Direct3D 12, bundled',
    advice: 'install the GPU’s driver and, on Linux, the Vulkan loader (libvulkan1)',
  },
  cuda: {
    is: 'NVIDIA GPUs by CUDA 12, an optional install',
    advice: 'install CUDA 12 and cuDNN 9, then run: ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node',
  },
};

/** Every device and whether it works here, `cpu` first. Loads the runtime: not for the server's main thread. */
export async function probeDevices(): Promise<DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const name of Object.keys(DEVICES) as Device[]) reports.push(await probe(name));
  for (const name of Object.keys(NATIVE_PACKAGES) as NativeDevice[]) reports.push(probePackage(name));
  return reports;
}

async function probe(name: Device): Promise<DeviceReport> {
  const { is, advice } = DEVICES[name];
  const graph = new GraphBuilder();
  const x = graph.input('x', { dtype: 'float32', shape: [2, 2] });
  const y = graph.emit('MatMul', [x, x], 'float32', { shape: [2, 2] });
  try {
    const session = await Session.load(encodeModel(graph.finish('probe', new Map([['y', y]]))), { device: name });
    const result = await session.run({ x: float32([2, 2], [1, 2, 3, 4]) });
    await session.release();
    const right = [7, 10, 15, 22].every((value, i) => result['y']?.data[i] === value);
    return { name, usable: right, detail: right ? is : `${is}; it multiplies wrongly here: update the GPU’s driver` };
  } catch (error) {
    return { name, usable: false, detail: `${is}; to use it, ${advice} (${reason(error)})` };
  }
}

function probePackage(name: NativeDevice): DeviceReport {
  const packageName = NATIVE_PACKAGES[name];
  const is = 'native TensorFlow.js, op by op, an optional install';
  try {
    import.meta.resolve(packageName);
    return { name, usable: true, detail: is };
  } catch (error) {
    return { name, usable: false, detail: `${is}; to use it, run: npm install ${packageName} (${reason(error)})` };
  }
}

/** The end of the runtime's message, which says what failed; its beginning names source files. */
function reason(error: unknown): string {
  const text = messageOf(error).replace(/\s+/g, ' ');
  const [, said = text] = text.split('said: ');
  return (said.split(/was false\. |FAIL : /).at(-1) ?? said)
    .replace(/`ganymede devices`.*/, '')
    .trim()
    .slice(0, 160);
}
