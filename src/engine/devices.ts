// Which devices this machine can run on, found by trying: a product of two small matrices on each. Nothing else tells
// for sure; the runtime's own list names what it was built for, and a package that is installed may lack its library.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../errors.js';
import { GraphBuilder } from './graph.js';
import type { StepDevice } from './native.js';
import { NATIVE_PACKAGES, type NativeDevice } from './native-package.js';
import type { ProbeAnswer } from './native-probe.js';
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
    advice:
      'install CUDA 12 and cuDNN 9, then run: ONNXRUNTIME_NODE_INSTALL=true node node_modules/onnxruntime-node/script/install.js',
  },
};

/**
 * How long a native package may take to load and multiply: TensorFlow may compile kernels for a GPU newer than itself.
 */
const NATIVE_TIMEOUT_MS = 120_000;

/** Every device and whether it works here, `cpu` first. Loads the runtime: not for the server's main thread. */
export async function probeDevices({ nativeTimeoutMs = NATIVE_TIMEOUT_MS } = {}): Promise<DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const name of Object.keys(DEVICES) as Device[]) reports.push(await probe(name));
  for (const name of Object.keys(NATIVE_PACKAGES) as NativeDevice[]) {
    reports.push(await probeNative(name, nativeTimeoutMs));
  }
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

/** In a process of its own, so that a library that crashes or hangs is a "no" with its reason. */
async function probeNative(name: NativeDevice, timeoutMs: number): Promise<DeviceReport> {
  const is = 'native TensorFlow.js, op by op, an optional install';
  const program = fileURLToPath(new URL('../../dist/engine/native-probe.js', import.meta.url));
  // Without the flags of this process, which may be an inspector's port or a program.
  const child = fork(program, [name], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  let answer: ProbeAnswer | null = null;
  child.once('message', (message) => {
    answer = message as ProbeAnswer;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  const { usable, ...why }: ProbeAnswer = answer ?? endedWithoutAnswer(code, signal, timeoutMs);
  return { name, usable, detail: 'advice' in why ? `${is}; to use it, ${why.advice} (${why.reason})` : is };
}

function endedWithoutAnswer(code: number | null, signal: NodeJS.Signals | null, timeoutMs: number): ProbeAnswer {
  if (signal === 'SIGKILL') {
    return {
      usable: false,
      reason: `it had not multiplied two small matrices after ${timeoutMs / 1000} s`,
      advice: 'see why its library hangs here, or use another device',
    };
  }
  return {
    usable: false,
    reason: `its library ended the process with ${signal ?? `code ${code}`}`,
    advice: signal
      ? 'use a processor that its library is built for (TensorFlow’s needs AVX), or another device'
      : 'install it anew, or use another device',
  };
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
