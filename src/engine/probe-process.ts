// Started by who wants to know which devices there are without loading the runtime itself: tries each, sends the
// reports, ends.

import { probeDevices } from './devices.js';

process.once('disconnect', () => process.exit()); // nobody wants to know any more
process.send?.(await probeDevices(), () => process.disconnect());
