// Loaded into the program under attack: SIGUSR2 makes its collector run. What memory is *held* can then be told from
// what V8 has not got round to: from Node 24 on it keeps some 100 MB of garbage while nothing else asks for memory.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  // As when memory runs out, which also gives the pages back.
  process.on('SIGUSR2', () => collect({ type: 'major', flavor: 'last-resort' }));
}
