// Tags of answers, by which a client asks whether what it has is still what it would get.

/** Whether a client has it: RFC 9110 §13.1.2, a weak comparison with a list, or "*". */
export function matches(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const opaque = (one: string) => one.trim().replace(/^W\//, '');
  return ifNoneMatch.split(',').some((one) => one.trim() === '*' || opaque(one) === opaque(tag));
}
