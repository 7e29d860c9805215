// The runs, newest first, each as it is by now; and the way to a new one, to data and to versions.

import { useState } from 'preact/hooks';
import { useSubscription } from '../api/subscribe';
import { useAnswer } from '../api/use-answer';
import { graphql } from '../gql';
import type { RunsQuery } from '../gql/graphql';
import { Problem } from '../parts/problem';
import { Progress } from '../parts/progress';
import { hrefOf } from '../place';
import { courseOf, hrefOfRun, moment, stateOf, titleOf } from './jobs';

const RUNS = graphql(`
  query Runs($first: Int!) {
    jobs(first: $first) {
      totalCount
      nodes {
        id
        kind
        state
        model
        version
        dataset
        recipe
        created
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
      }
    }
    datasets(first: 100) {
      nodes {
        name
        examples
      }
    }
    models {
      name
      title
      version
      versions
    }
  }
`);

export const JOB_CHANGES = graphql(`
  subscription JobChanges {
    jobsChanged {
      id
      state
      made
      progress {
        phase
        done
        total
        unit
        perSecond
        secondsLeft
      }
    }
  }
`);

type Job = RunsQuery['jobs']['nodes'][number];
type Change = Pick<Job, 'id' | 'state' | 'made' | 'progress'>;

/** A page of them; "More" shows as many again. */
const PAGE = 20;
const MOST = 100;

export function Runs() {
  const [first, setFirst] = useState(PAGE);
  const { data, problem, again } = useAnswer(RUNS, { first });
  const [changes, setChanges] = useState<Readonly<Record<string, Change>>>({});
  const lost = useSubscription(JOB_CHANGES, {}, ({ jobsChanged: change }) => {
    setChanges((known) => ({ ...known, [change.id]: change }));
    if (!data?.jobs.nodes.some(({ id, state }) => id === change.id && state === change.state)) again();
  });
  const [chosen, choose] = useState<readonly string[]>([]);
  const jobs = data?.jobs.nodes.map((job) => ({ ...job, ...changes[job.id] }));
  return (
    <>
      <div class="title">
        <h1>Train</h1>
        <a class="button main" href={hrefOf('train', [], { show: 'new' })}>
          Train a model
        </a>
      </div>
      <Problem of={problem ?? lost} />
      <section aria-labelledby="runs">
        <div class="title">
          <h2 id="runs">Runs</h2>
          {chosen.length === 2 && (
            <a class="button" href={hrefOf('train', [], { compare: chosen.join(',') })}>
              Compare the two
            </a>
          )}
        </div>
        {jobs?.length === 0 && (
          <p class="faint">
            None yet. A run makes the next version of a model: from nothing by a recipe, or from a version that is here,
            on your own pictures.
          </p>
        )}
        {(jobs?.length ?? 0) > 1 && <p class="faint">Tick two to compare their curves.</p>}
        <ul class="runs">
          {jobs?.map((job) => (
            <Row
              key={job.id}
              job={job}
              isChosen={chosen.includes(job.id)}
              onChoose={(on) =>
                choose((ids) => [...ids.filter((id) => id !== job.id), ...(on ? [job.id] : [])].slice(-2))
              }
            />
          ))}
        </ul>
        {data && data.jobs.totalCount > first && first < MOST && (
          <button type="button" onClick={() => setFirst((last) => Math.min(MOST, last + PAGE))}>
            Show more of {data.jobs.totalCount}
          </button>
        )}
      </section>
      <section aria-labelledby="versions">
        <h2 id="versions">Versions</h2>
        <p class="faint">Which version of a model answers, and how it was before.</p>
        <ul class="links">
          {data?.models.map(({ name, title, version, versions }) => (
            <li key={name}>
              <a href={hrefOf('train', [name])}>{title}</a>{' '}
              <span class="faint">
                version {version}
                {versions.length > 1 && ` of ${versions.join(', ')}`}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="data">
        <h2 id="data">Data</h2>
        {data?.datasets.nodes.length === 0 && <p class="faint">None was sent yet. “Train a model” takes it.</p>}
        <ul class="links">
          {data?.datasets.nodes.map(({ name, examples }) => (
            <li key={name}>
              <a href={hrefOf('train', [], { show: 'data', data: name })}>{name}</a>{' '}
              <span class="faint">{examples.toLocaleString('en')} examples</span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

interface RowProps {
  readonly job: Job;
  readonly isChosen: boolean;
  readonly onChoose: (on: boolean) => void;
}

function Row({ job, isChosen, onChoose }: RowProps) {
  const { id, state, progress, error, made, model, created, by } = job;
  const title = titleOf(job);
  return (
    <li class="card run">
      <input
        type="checkbox"
        aria-label={`Compare ${title}, ${moment(created)}`}
        checked={isChosen}
        onChange={({ currentTarget }) => onChoose(currentTarget.checked)}
      />
      <div>
        <h3>
          <a href={hrefOfRun(id)}>{title}</a>
        </h3>
        <p class="faint">
          <span class={`state ${state.toLowerCase()}`}>{stateOf(job)}</span> · {moment(created)} · {by}
          {made !== null && ` · made version ${made} of ${model}`}
        </p>
        {state === 'RUNNING' && progress && (
          <Progress
            label={progress.phase}
            done={progress.done}
            total={progress.total ?? undefined}
            shown={courseOf(progress)}
          />
        )}
        {state === 'FAILED' && error && <p class="problem">{error.message}</p>}
      </div>
    </li>
  );
}
