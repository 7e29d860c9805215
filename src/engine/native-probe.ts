// Started by devices.ts as a process of its own: loads the native device that its argument names, multiplies two
// matrices there and sends what came of it. A library that ends the process ends this one only.

import { GanymedeError, messageOf } from '../errors.js';
import { type NativeDevice, startNative } from './native-package.js';
import * as tf from './tf.js';

export type ProbeAnswer =
  | { readonly usable: true }
  | { readonly usable: false; readonly reason: string; readonly advice: string };

process.send?.(await probe(process.argv[2] as NativeDevice), () => process.disconnect());

async function probe(device: NativeDevice): Promise<ProbeAnswer> {
  const reinstall = 'install it anew or use another device';
  try {
    await startNative(device);
    const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const product = await tf.matMul(x, x).data();
    if ([7, 10, 15, 22].every((value, i) => product[i] === value)) return { usable: true };
    return { usable: false, reason: `it multiplies wrongly here: ${product.join(', ')}`, advice: reinstall };
  } catch (error) {
    const { reason = messageOf(error), advice = reinstall } =
      error instanceof GanymedeError ? (error.details ?? {}) : {};
    return { usable: false, reason: String(reason), advice: String(advice) };
  }
}
