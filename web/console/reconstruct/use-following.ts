// The answer about something that changes as fast as a hand moves: one question at a time is under way, and when its
// answer is here, the next is about what there is by then. So answers follow as fast as the server gives them.

import { useEffect, useRef, useState } from 'preact/hooks';
import { isLost } from '../api/connection';
import { useStore } from '../api/store';

export interface Following<Asked, Answer> {
  /** The newest, and what it is about. */
  readonly answer: Answer | undefined;
  readonly about: Asked | undefined;
  readonly problem: Error | undefined;
  readonly waiting: boolean;
}

/**
 * `asked` null: there is nothing to ask; undefined: not yet, and the last answer stays. Another object is asked anew.
 */
export function useFollowing<Asked extends object, Answer>(
  asked: Asked | null | undefined,
  ask: (asked: Asked, signal: AbortSignal) => Promise<Answer>,
): Following<Asked, Answer> {
  const [state, setState] = useState<Omit<Following<Asked, Answer>, 'waiting'>>(NOTHING);
  const [busy, setBusy] = useState(false);
  const newest = useRef<Asked | null | undefined>(asked);
  const leaving = useRef<AbortController>(undefined);
  newest.current = asked;
  const lost = useStore(isLost);

  useEffect(() => {
    leaving.current = new AbortController();
    return () => leaving.current?.abort();
  }, []);

  useEffect(() => {
    if (asked === null) return setState(NOTHING);
    if (busy || lost || asked === undefined || asked === state.about) return;
    const { signal } = leaving.current!;
    setBusy(true);
    ask(asked, signal)
      .then(
        (answer) => ({ answer, about: asked, problem: undefined }),
        (problem: Error) => ({ answer: undefined, about: asked, problem }),
      )
      .then((next) => {
        if (signal.aborted) return;
        setBusy(false);
        if (newest.current !== null) setState(next);
      });
  }, [asked, busy, lost]);

  return { ...state, waiting: asked !== null && asked !== state.about };
}

const NOTHING = { answer: undefined, about: undefined, problem: undefined };
