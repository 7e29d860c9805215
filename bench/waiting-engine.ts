// As many engine processes as argv[2] says, as a client of the Open Inference Protocol sees them, whose runs take a
// fixed time and no processor: a bare server in which so many requests at once wait, and others wait for those.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import pLimit from 'p-limit';

const RUN_MS = 20;
const slots = pLimit(Number(process.argv[2]));
const head = Buffer.from(
  JSON.stringify({
    outputs: [
      { name: 'image', datatype: 'FP32', shape: [64, 1, 28, 28], parameters: { binary_data_size: 64 * 784 * 4 } },
    ],
  }),
);
const answer = Buffer.concat([head, Buffer.alloc(64 * 784 * 4)]);

const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
  for await (const _ of request); // read, and not looked at
  if (request.method === 'GET') {
    response.end('{"name":"waiting","extensions":["binary_tensor_data"]}');
    return;
  }
  await slots(() => wait(RUN_MS));
  response.writeHead(200, {
    'inference-header-content-length': `${head.length}`,
    'content-length': `${answer.length}`,
  });
  response.end(answer);
});
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
