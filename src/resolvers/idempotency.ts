// The keys by which a client asks for the same again.

import { expected } from '../errors.js';

const KEY = /^[\x21-\x7e]{1,100}$/;

/** @throws GanymedeError BAD_USER_INPUT */
export function checkIdempotencyKey(key: string | null | undefined): void {
  if (key == null || KEY.test(key)) return;
  throw expected('an idempotency key of 1 to 100 characters of ASCII without spaces', key);
}
