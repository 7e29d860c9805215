// The answer to a question that changes as a person moves the controls. The last answer stays until the next is here;
// a question that nobody waits for any more is withdrawn, which spares the server its work; and one that got no answer
// is asked again when the server is back.

import { useEffect, useState } from 'preact/hooks';
import { ask, type Document } from './ask';
import { isLost } from './connection';
import { key } from './key';
import { useStore } from './store';

export interface Answer<Result> {
  readonly data?: Result | undefined;
  readonly problem?: Error | undefined;
  readonly waiting: boolean;
  /** Asks the same again. */
  readonly again: () => void;
}

/** `variables` null: nothing is asked yet. */
export function useAnswer<Result, Variables>(
  document: Document<Result, Variables>,
  variables: Variables | null,
): Answer<Result> {
  const [answer, setAnswer] = useState<Omit<Answer<Result>, 'again'>>({ waiting: variables !== null });
  const [round, setRound] = useState(0);
  const question = JSON.stringify(variables); // equal variables are one question, whoever made them
  const asker = useStore(key);
  const lost = useStore(isLost);

  useEffect(() => {
    const leaving = new AbortController();
    const asked = JSON.parse(question) as Variables | null;
    if (lost || asked === null) return;
    const ifAwaited = (change: (old: Omit<Answer<Result>, 'again'>) => Omit<Answer<Result>, 'again'>) => {
      if (!leaving.signal.aborted) setAnswer(change);
    };
    ifAwaited(({ data }) => ({ data, waiting: true }));
    ask(document, asked, leaving.signal).then(
      (data) => ifAwaited(() => ({ data, waiting: false })),
      (problem: Error) => ifAwaited(({ data }) => ({ data, problem, waiting: false })),
    );
    return () => leaving.abort();
  }, [document, question, round, asker, lost]);

  return { ...answer, again: () => setRound((last) => last + 1) };
}
