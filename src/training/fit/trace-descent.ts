// Started by models/descent.ts as a process of its own, because a server never loads TensorFlow.js: traces the graph
// `descent` of the checkpoint that its argument names, and sends its bytes, or why there is none.

import { GanymedeError } from '../../errors.js';
import type { DescentAnswer } from '../../models/descent.js';
import { descentGraph } from './descent-graph.js';
import { openFixed } from './fixed-model.js';

process.once('disconnect', () => process.exit()); // whoever asked is gone
process.send?.(await trace(process.argv[2] as string), () => process.disconnect());

async function trace(checkpoint: string): Promise<DescentAnswer> {
  try {
    return { onnx: descentGraph(await openFixed(checkpoint)) };
  } catch (error) {
    if (!(error instanceof GanymedeError)) throw error; // a fault: its stack goes to stderr, and the process ends
    return { refusal: error.message };
  }
}
