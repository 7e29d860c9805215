// One run: how far it is, its curves, its pictures, what is wrong with it, and what may be done about it. It is asked
// anew whenever the server says that something happened.

import { useEffect, useRef, useState } from 'preact/hooks';
import { useSubscription } from '../api/subscribe';
import { useAnswer } from '../api/use-answer';
import { graphql } from '../gql';
import type { RunQuery } from '../gql/graphql';
import { Problem } from '../parts/problem';
import { Progress } from '../parts/progress';
import { hrefOf } from '../place';
import { Controls } from './controls';
import { courseOf, moment, stateOf, titleOf } from './jobs';
import { Previews } from './previews';
import { RunCurves } from './run-curves';
import { JOB_CHANGES } from './runs';
import { SideBySide } from './side-by-side';

const RUN = graphql(`
  query Run($id: ID!) {
    job(id: $id) {
      id
      kind
      state
      model
      version
      dataset
      recipe
      arguments
      device
      created
      started
      ended
      attempt
      by
      made
      progress {
        phase
        done
        total
        unit
        perSecond
        secondsLeft
      }
      error {
        code
        message
      }
      metrics(points: 400) {
        name
        at
        values
      }
      warnings {
        at
        name
        message
      }
      previews {
        at
        url
      }
      log(last: 200)
    }
  }
`);

export type RunOf = RunQuery['job'];

export function Run({ id }: { id: string }) {
  const { data, problem, again } = useAnswer(RUN, { id });
  const lost = useJobChanges(id, again);
  const job = data?.job;
  if (!job) return <Problem of={problem} />;
  return (
    <>
      <p>
        <a href={hrefOf('train')}>All runs</a>
      </p>
      <div class="title">
        <h1>{titleOf(job)}</h1>
        <Controls job={job} onDone={again} />
      </div>
      <p class="faint">
        <span class={`state ${job.state.toLowerCase()}`}>{stateOf(job)}</span> · asked for by {job.by},{' '}
        {moment(job.created)}
        {job.recipe && ` · recipe ${job.recipe}`}
        {job.version !== null && ` · begun with version ${job.version}`} · {job.device.toUpperCase()}
        {job.attempt > 1 && ` · begun ${job.attempt} times`}
      </p>
      <Problem of={problem ?? lost} />
      {job.error && (
        <div class="problem">
          <p>{job.error.message}</p>
          <p class="faint">
            <a href="docs/ERRORS.md">{job.error.code}</a>
          </p>
        </div>
      )}
      {job.progress && isGoing(job) && (
        <Progress
          label={job.progress.phase}
          done={job.progress.done}
          total={job.progress.total ?? undefined}
          shown={courseOf(job.progress)}
        />
      )}
      {job.made !== null && <Made model={job.model} version={job.made} />}
      <Warnings job={job} />
      <Previews previews={job.previews} />
      <RunCurves runs={[{ name: null, metrics: job.metrics }]} isOver={isOver(job)} />
      <Log lines={job.log} />
      <details>
        <summary>What was asked for</summary>
        <pre>{JSON.stringify(job.arguments, null, 2)}</pre>
      </details>
    </>
  );
}

const isOver = ({ state }: Pick<RunOf, 'state'>) => ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(state);

const isGoing = ({ state }: Pick<RunOf, 'state'>) => ['RUNNING', 'PAUSING', 'CANCELLING'].includes(state);

/** Asks again when the job has changed, at most once a second: it reports oftener than anybody looks. */
function useJobChanges(id: string, again: () => void): Error | undefined {
  const waiting = useRef<ReturnType<typeof setTimeout>>(undefined);
  const newest = useRef(again);
  newest.current = again;
  useEffect(() => () => clearTimeout(waiting.current), []);
  return useSubscription(JOB_CHANGES, {}, ({ jobsChanged }) => {
    if (jobsChanged.id !== id || waiting.current !== undefined) return;
    waiting.current = setTimeout(() => {
      waiting.current = undefined;
      newest.current();
    }, LOOK_MS);
  });
}

const LOOK_MS = 1000;

function Made({ model, version }: { model: string; version: number }) {
  return (
    <section aria-labelledby="made">
      <h2 id="made">
        It made version {version} of {model}
      </h2>
      <SideBySide model={model} version={version} />
    </section>
  );
}

function Warnings({ job: { warnings } }: { job: RunOf }) {
  if (warnings.length === 0) return null;
  return (
    <section aria-labelledby="warnings">
      <h2 id="warnings">Warnings, and what to do</h2>
      <ul class="warnings">
        {warnings.map(({ at, name, message }) => (
          <li key={`${at} ${name}`}>
            <strong>{name.replaceAll('-', ' ')}</strong>, step {at.toLocaleString('en')}: {message}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Log({ lines }: { lines: readonly string[] }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Log</summary>
      {isOpen && <pre class="log">{lines.join('\n')}</pre>}
    </details>
  );
}
