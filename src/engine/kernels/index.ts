// Every TensorFlow.js kernel that a graph can hold, by name. What is not here fails at trace time, by name.

import { convKernels } from './conv.js';
import { elementwiseKernels } from './elementwise.js';
import { fusedKernels } from './fused.js';
import type { Kernel } from './kernel.js';
import { matmulKernels } from './matmul.js';
import { poolKernels } from './pool.js';
import { reduceKernels } from './reduce.js';
import { resizeKernels } from './resize.js';
import { shapeKernels } from './shape.js';

export const kernels: Readonly<Record<string, Kernel>> = {
  ...elementwiseKernels,
  ...matmulKernels,
  ...reduceKernels,
  ...shapeKernels,
  ...convKernels,
  ...poolKernels,
  ...resizeKernels,
  ...fusedKernels,
};
