// The answer to a question that changes as the visitor moves the controls. The last answer stays until the next is
// here, and a question that nobody waits for any more is withdrawn, which spares the server its work.

import { useEffect, useState } from 'react';
import { ask } from './ask';
import type { TypedDocumentString } from './gql/graphql';

export interface Answer<Result> {
  readonly data?: Result | undefined;
  readonly problem?: string;
  readonly waiting: boolean;
}

export function useAnswer<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Answer<Result> {
  const [answer, setAnswer] = useState<Answer<Result>>({ waiting: true });
  const question = JSON.stringify(variables); // equal variables are one question, whoever made them

  useEffect(() => {
    const leaving = new AbortController();
    const ifAwaited = (change: (old: Answer<Result>) => Answer<Result>) => {
      if (!leaving.signal.aborted) setAnswer(change);
    };
    ifAwaited(({ data }) => ({ data, waiting: true }));
    ask(document, JSON.parse(question) as Variables, leaving.signal).then(
      (data) => ifAwaited(() => ({ data, waiting: false })),
      (error: Error) => ifAwaited(({ data }) => ({ data, problem: error.message, waiting: false })),
    );
    return () => leaving.abort();
  }, [document, question]);

  return answer;
}
