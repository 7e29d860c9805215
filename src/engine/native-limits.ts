// Kernels of native TensorFlow.js 4.22 that leave out an attribute and answer wrongly without a word. They are refused
// by name when a step first calls them. What the library itself refuses is not here: docs/devices.md lists both.

import { GanymedeError } from '../errors.js';
import * as tf from './tf.js';

type Attributes = Readonly<Record<string, unknown>>;

/** Says which attribute the kernel would leave out, or null where it computes what was asked for. */
type Check = (attributes: Attributes) => string | null;

/** The library's kernel takes `dilations` and ignores them; the package passes no `dataFormat` on. */
const depthwise: Check = ({ dilations, dataFormat }) => {
  if ([dilations ?? 1].flat().some((dilation) => dilation !== 1)) return `dilations [${[dilations].flat()}]`;
  return dataFormat === 'NCHW' ? 'dataFormat NCHW' : null;
};

/** The package passes `alignCorners` alone. */
const resizeGradient: Check = ({ halfPixelCenters }) => (halfPixelCenters ? 'halfPixelCenters' : null);

const CHECKS: Readonly<Record<string, Check>> = {
  [tf.DepthwiseConv2dNative]: depthwise,
  [tf.FusedDepthwiseConv2D]: depthwise,
  [tf.DepthwiseConv2dNativeBackpropInput]: depthwise,
  [tf.DepthwiseConv2dNativeBackpropFilter]: depthwise,
  [tf.ResizeBilinearGrad]: resizeGradient,
  [tf.ResizeNearestNeighborGrad]: resizeGradient,
};

/** Wraps the kernels of a backend, once after it has loaded. */
export function refuseWrongKernels(backendName: string, device: string): void {
  for (const [kernelName, check] of Object.entries(CHECKS)) {
    const kernel = tf.getKernel(kernelName, backendName);
    if (!kernel) continue;
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      ...kernel,
      kernelFunc: (call) => {
        const ignored = check(call.attrs ?? {});
        if (ignored !== null) throw wrongAnswer(kernelName, ignored, device);
        return kernel.kernelFunc(call);
      },
    });
  }
}

function wrongAnswer(kernelName: string, ignored: string, device: string): GanymedeError {
  return new GanymedeError(
    'TRACE_UNSUPPORTED',
    `Expected a step that device ${device} computes rightly but received ${kernelName} with ${ignored}, which it ignores. ` +
      'Use device cpu, or write the step without it; docs/devices.md lists such limits.',
  );
}
