// What follows a hand: one question is under way at a time, and of those that come meanwhile only the newest is asked
// next. So answers come as fast as the server gives them, none is thrown away half made, and an older one never
// replaces a newer one.

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ask, type Document } from './ask';
import { isLost } from './connection';
import { key } from './key';
import { useStore } from './store';

export interface Latest<Result, Variables> {
  /** The newest answer so far. */
  readonly data?: Result | undefined;
  /** The question that it answers. */
  readonly of?: Variables | undefined;
  /** Of the newest question that is over. */
  readonly problem?: Error | undefined;
}

/** `prepare`: what is waited for before an answer is shown, such as a picture being decoded. */
export function useLatest<Result, Variables>(
  document: Document<Result, Variables>,
  variables: Variables | null,
  prepare: (data: Result) => Promise<unknown> = async () => {},
): Latest<Result, Variables> {
  const [latest, setLatest] = useState<Latest<Result, Variables>>({});
  const runner = useRef<Runner>(undefined);
  runner.current ??= oneAtATime();
  const asker = useStore(key);
  const lost = useStore(isLost);
  const question = JSON.stringify(variables);

  // At once: an effect that waits for the screen to be drawn would cost a frame.
  useLayoutEffect(() => {
    const asked = JSON.parse(question) as Variables | null;
    if (lost || asked === null) return;
    runner.current!(async () => {
      try {
        const data = await ask(document, asked);
        await prepare(data);
        setLatest({ data, of: asked });
      } catch (problem) {
        setLatest(({ data, of }) => ({ data, of, problem: problem as Error }));
      }
    });
  }, [document, question, asker, lost]);

  return latest;
}

type Runner = (task: () => Promise<void>) => void;

/** Runs a task at once, or after the one that is under way unless a newer one comes before that. */
export function oneAtATime(): Runner {
  let waiting: (() => Promise<void>) | undefined;
  let isBusy = false;
  const run = async (task: () => Promise<void>): Promise<void> => {
    isBusy = true;
    await task();
    isBusy = false;
    const next = waiting;
    waiting = undefined;
    if (next) await run(next);
  };
  return (task) => {
    if (isBusy) waiting = task;
    else void run(task);
  };
}
