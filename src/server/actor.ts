// Who asks. A server for its own machine alone takes whoever reaches it for its admin, and so must see that nobody else
// does: a page of the web that a browser on this machine shows may send requests, too. It would be told apart by its
// `Origin`, or, where it gave its own name the address of this machine (DNS rebinding), by `Host`.

import type { FastifyRequest } from 'fastify';
import type { Actor } from '../resolvers/scope.js';
import { isLoopbackOrigin } from './cors.js';

/** `isForThisMachine`: it listens on loopback, and no proxy stands before it. */
export function actorOf({ headers, ip }: FastifyRequest, isForThisMachine: boolean): Actor {
  const { host = '', origin } = headers;
  const isLocal =
    isForThisMachine &&
    /^(127\.|::1$|::ffff:127\.)/.test(ip) &&
    isLoopbackOrigin(`http://${host}`) &&
    (origin === undefined || isLoopbackOrigin(origin));
  return isLocal ? { name: 'local', role: 'admin' } : { name: 'anybody', role: 'viewer' };
}
