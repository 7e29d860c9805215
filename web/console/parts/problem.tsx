// What went wrong, in its place and for as long as it is so: the server's words, its code, and the request by which its
// log knows more.

import { Refusal } from '../api/refusal';

export function Problem({ of: problem }: { of: Error | undefined }) {
  return (
    <div role="alert" class={problem && 'problem'}>
      {problem && <p>{problem.message}</p>}
      {problem instanceof Refusal && (
        <p class="faint">
          <a href="docs/ERRORS.md">{problem.code}</a>
          {problem.requestId && <> · request {problem.requestId}</>}
        </p>
      )}
    </div>
  );
}
