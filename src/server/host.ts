// Whom a request is addressed to. Addresses of images are made of the Host header unless PUBLIC_URL is set, so nothing
// passes but what a host and a port may consist of, said once and the same wherever a request says it.

import type { IncomingMessage } from 'node:http';
import { expected, type GanymedeError } from '../errors.js';

type Request = Pick<IncomingMessage, 'rawHeaders' | 'url' | 'httpVersion'>;

/** A name or an IPv4 address, or an IPv6 address in brackets; a port or none. RFC 3986 §3.2.2, without escapes. */
const HOST = /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** The authority of a target that names its server, as to a proxy: `GET http://host/path`. RFC 9112 §3.2.2. */
const ABSOLUTE = /^https?:\/\/([^/?#]*)/i;

/** What is wrong with how a request names this server; undefined if nothing is. */
export function hostFault(request: Request): GanymedeError | undefined {
  const { rawHeaders, url = '', httpVersion } = request;
  const { host, count } = hostIn(rawHeaders);
  if (count > 1 || (count === 0 && httpVersion !== '1.0')) return expected('one Host header', `${count} of them`);
  if (host !== undefined && !HOST.test(host)) return expected('a Host header of the form host or host:port', host);
  const authority = ABSOLUTE.exec(url)?.[1];
  if (authority !== undefined && authority.toLowerCase() !== host?.toLowerCase()) {
    return expected(`the host of the address to be that of the Host header, ${host}`, authority);
  }
  return undefined;
}

/** Names and values take turns. */
function hostIn(rawHeaders: readonly string[]): { readonly host: string | undefined; readonly count: number } {
  let host: string | undefined;
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
    host ??= rawHeaders[i + 1];
    count++;
  }
  return { host, count };
}
