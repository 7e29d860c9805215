// What may be done with a run, by its state.

import { useState } from 'preact/hooks';
import { ask, type Document } from '../api/ask';
import { graphql } from '../gql';
import type { JobState } from '../gql/graphql';
import { Problem } from '../parts/problem';

const PAUSE = graphql(`
  mutation PauseRun($id: ID!) {
    pauseJob(id: $id) {
      id
    }
  }
`);

const RESUME = graphql(`
  mutation ResumeRun($id: ID!) {
    resumeJob(id: $id) {
      id
    }
  }
`);

const CANCEL = graphql(`
  mutation CancelRun($id: ID!) {
    cancelJob(id: $id) {
      id
    }
  }
`);

const RETRY = graphql(`
  mutation RetryRun($id: ID!) {
    retryJob(id: $id) {
      id
    }
  }
`);

type Action = readonly [label: string, document: Document<unknown, { id: string }>, what: string];

const pause: Action = ['Pause', PAUSE, 'It saves, and frees its device.'];
const resume: Action = ['Resume', RESUME, 'It goes on where it was.'];
const cancel: Action = ['Cancel', CANCEL, 'It saves and ends; it may go on later.'];
const retry: Action = ['Go on', RETRY, 'It goes on from what it saved last.'];

const ACTIONS: Readonly<Record<JobState, readonly Action[]>> = {
  QUEUED: [cancel],
  RUNNING: [pause, cancel],
  PAUSING: [cancel],
  PAUSED: [resume, cancel],
  CANCELLING: [],
  CANCELLED: [retry],
  FAILED: [retry],
  SUCCEEDED: [],
};

interface Props {
  readonly job: { readonly id: string; readonly state: JobState };
  readonly onDone: () => void;
}

export function Controls({ job: { id, state }, onDone }: Props) {
  const [problem, setProblem] = useState<Error>();
  const [isAsking, setAsking] = useState(false);
  const act = async (document: Action[1]) => {
    setAsking(true);
    setProblem(undefined);
    await ask(document, { id }).then(onDone, setProblem);
    setAsking(false);
  };
  return (
    <div class="controls">
      {ACTIONS[state].map(([label, document, what]) => (
        <button key={label} type="button" title={what} disabled={isAsking} onClick={() => void act(document)}>
          {label}
        </button>
      ))}
      <Problem of={problem} />
    </div>
  );
}
