// A program that stops as the server does, while something holds it up. Its argument says what: `encode`, an AVIF that
// takes minutes on a thread of the pool; `busy`, an event loop that never turns again; `nothing`. It says `ready`, and
// `asked` when a request has
// come, which is answered only after SIGTERM, and `encoded` should the picture ever be done.

import { createServer } from 'node:http';
import sharp from 'sharp';
import { stopOnSignals } from '../../dist/server/shutdown.js';

const [what, graceMs] = process.argv.slice(2);
const server = createServer((_, response) => {
  console.log('asked');
  process.once('SIGTERM', () => setImmediate(() => response.end('answered')));
});
server.listen(0, '127.0.0.1', () => console.log(`ready ${server.address().port}`));

stopOnSignals({
  graceMs: Number(graceMs),
  logger: { warn: console.error, fatal: console.error },
  close: async () => {
    console.log('closing');
    if (what === 'busy') for (;;);
    server.closeIdleConnections();
    await new Promise((resolve) => server.close(resolve));
  },
});

if (what === 'encode') {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 };
  void sharp({ create: { width: 8192, height: 8192, channels: 3, background: 'grey', noise } })
    .avif({ effort: 9, quality: 90 })
    .toBuffer()
    .then(() => console.log('encoded'));
}
