// Fine-tuning: a new run that begins with the weights of another, trained on whatever data. Optimizers, steps and noise begin anew;
// only the weights, and what follows from them, come along. It never knows how a run goes on.
import { stat } from 'node:fs/promises';
import type { HostTensors } from '../engine/tensor.js';
import { GanymedeError, messageOf } from '../errors.js';
import { loadState, loadStateFile } from './checkpoint.js';

export interface Weights {
  /** Where they come from, in messages. */
  readonly source: string;
  /** Both networks' tensors as training left them. */
  readonly newest: HostTensors;
  /** The generator's average. */
  readonly average: HostTensors;
}

/** `path` is a run's directory or its state file. */
export async function loadWeights(path: string): Promise<Weights> {
  const { state, ema } = (await isDirectory(path)) ? await loadState(path) : await loadStateFile(path);
  return { source: path, newest: state, average: ema };
}

/**
 * Fresh tensors with the values of `from` in their place. Every fresh tensor must be there in the same shape; what else a state
 * holds, optimizer slots above all, stays behind.
 */
export function transplanted(fresh: HostTensors, from: Weights | undefined): Omit<Weights, 'source'> {
  if (!from) return { newest: fresh, average: fresh };
  const taken = (source: HostTensors) =>
    Object.fromEntries(
      Object.entries(fresh).map(([name, { shape }]) => {
        const tensor = source[name];
        if (tensor && tensor.shape.join() === shape.join()) return [name, tensor];
        throw new GanymedeError(
          'CHECKPOINT_INVALID',
          `Expected tensor ${name} of shape [${shape.join(', ')}] in ${from.source} but received ${tensor ? `[${tensor.shape.join(', ')}]` : 'no such tensor'}. ` +
            'Fine-tuning needs the same networks as in the recipe of the weights.',
          { details: { tensor: name, expected: shape, received: tensor?.shape ?? null } },
        );
      }),
    );
  return { newest: taken(from.newest), average: taken({ ...from.newest, ...from.average }) };
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new GanymedeError('CHECKPOINT_INVALID', `The weights ${path} cannot be read: ${messageOf(cause)}.`, {
      cause,
    });
  }
}
