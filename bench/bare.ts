// A bare route of Fastify, in a process of its own: it reads a JSON body and answers always the same.

import { fastify } from 'fastify';

const app = fastify();
const body = process.argv[2]!;
app.post('/graphql', (_, reply) => reply.header('content-type', 'application/json; charset=utf-8').send(body));
await app.listen({ host: '127.0.0.1', port: 0 });
const address = app.server.address();
process.send!({ port: typeof address === 'object' && address ? address.port : 0 });
