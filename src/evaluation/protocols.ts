// All protocols by name, in the order in which `all` measures them.
import { calibrationProtocol } from './calibration.js';
import { conditionalProtocol } from './conditional.js';
import { frechetProtocol } from './frechet.js';
import { kernelProtocol } from './kernel.js';
import { memorisationProtocol } from './memorisation.js';
import { modesProtocol } from './modes.js';
import { neighboursProtocol } from './neighbours.js';
import { parzenProtocol } from './parzen.js';
import { parzenFoldsProtocol } from './parzen-folds.js';
import { prdcProtocol } from './prdc.js';
import type { Protocol } from './protocol.js';
import { rejectionProtocol } from './rejection.js';
import { scorerProtocol } from './scorer.js';
import { stackedProtocol } from './stacked.js';

const TABLE = {
  parzen: parzenProtocol,
  'parzen-folds': parzenFoldsProtocol,
  frechet: frechetProtocol,
  kernel: kernelProtocol,
  prdc: prdcProtocol,
  neighbours: neighboursProtocol,
  memorisation: memorisationProtocol,
  conditional: conditionalProtocol,
  'stacked-mnist': stackedProtocol,
  modes: modesProtocol,
  rejection: rejectionProtocol,
  calibration: calibrationProtocol,
  scorer: scorerProtocol,
} as const satisfies Record<string, Protocol>;

export type ProtocolName = keyof typeof TABLE;
export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = TABLE;
export const PROTOCOL_NAMES = Object.keys(TABLE) as readonly ProtocolName[];
