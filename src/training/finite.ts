// Numbers that broke: found before a broken state is saved over a good one.
import type { HostTensor, HostTensors } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';

/** @throws GanymedeError NOT_FINITE naming the first tensor that broke. */
export function checkFinite(tensors: HostTensors, step: number, savedAt: number): void {
  const broken = Object.keys(tensors).find((name) => !allFinite(tensors[name]!));
  if (broken === undefined) return;
  throw new GanymedeError(
    'NOT_FINITE',
    `Expected finite values but ${broken} had one that is not within the steps up to ${step}. The run's state is that of step ${savedAt}; ` +
      'try a lower learning rate.',
    { details: { tensor: broken, step, savedAt } },
  );
}

/** A plain loop: a callback for each of millions of weights takes ten times as long. */
export function allFinite({ data }: HostTensor): boolean {
  if (!(data instanceof Float32Array)) return true;
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
}
