// Loaded into the program under attack: SIGUSR2 makes its collector run, as thoroughly as for a snapshot of the heap.
// What memory is *held* can then be told from what V8 has not got round to: it keeps some 100 MB of garbage, and of
// pages, while nothing else asks for memory.

import { Session } from 'node:inspector';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const session = new Session();
  session.connect();
  process.on('SIGUSR2', () => session.post('HeapProfiler.collectGarbage'));
}
