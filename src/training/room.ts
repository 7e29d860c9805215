// What a run needs of the disk, reckoned before its first step: the states to go on from, and the versions it keeps.
import { type HostTensors, sizeOf } from '../engine/tensor.js';
import { requireBytes } from '../files/room.js';
import type { TrainingState } from './checkpoint.js';

/** Serving checkpoints that a run directory keeps; the newest are enough to compare and to go back by one. */
export const KEPT = 2;

/** Reports, previews and what files take beside their tensors, in bytes; little beside any network. */
const BESIDES = 4 * 2 ** 20;

/** What is known of a run by then. */
export interface RunTensors extends Pick<TrainingState, 'state' | 'ema'> {
  /** Its state lies on the disk already. */
  readonly begun: boolean;
}

/** @throws GanymedeError INSUFFICIENT_STORAGE */
export function requireRoomForRun(runDirectory: string, run: RunTensors): void {
  requireBytes(runDirectory, bytesOfRun(run), 'the states of the run');
}

/**
 * An old state stays until the new one is whole, and so does an old version. A version has the generator's average and
 * the discriminator, so no more than the state has.
 */
export function bytesOfRun({ state, ema, begun }: RunTensors): number {
  const saved = bytesIn(state) + bytesIn(ema);
  const versions = begun ? 1 : KEPT + 1;
  return BESIDES + (begun ? 1 : 2) * saved + versions * bytesIn(state);
}

/** All are of four bytes a number at most. */
function bytesIn(tensors: HostTensors): number {
  return Object.values(tensors).reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
}
