// TensorFlow.js as this project uses it: the core ops, with all gradients and chained methods registered. Import it
// from here, never from its packages, so that nobody meets a tensor that has no gradient. It takes about 0.3 s to load:
// serving never does.

import '@tensorflow/tfjs';

export * from '@tensorflow/tfjs-core';
