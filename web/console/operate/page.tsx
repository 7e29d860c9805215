// How the server does: what was asked, how long it took, what waits, what it runs on, and what admins did. The numbers
// are those of /metrics, asked for by GraphQL.

import { useEffect } from 'preact/hooks';
import { useServer } from '../api/caller';
import { useAnswer } from '../api/use-answer';
import { graphql } from '../gql';
import type { Page } from '../pages';
import { Problem } from '../parts/problem';
import { hrefOf } from '../place';
import { courseOf, hrefOfRun, stateOf, titleOf } from '../train/jobs';
import { Audit } from './audit';
import { Machine } from './machine';
import './operate.css';
import { Queues } from './queues';
import { Requests } from './requests';

export const page: Page = { name: 'operate', title: 'Operate', order: 7, needs: 'ADMIN', View: Operate };

const COUNTED = graphql(`
  query Counted($names: [String!]!) {
    metrics(names: $names) {
      name
      series {
        labels
        value
        spread {
          count
          mean
          median: quantile(share: 0.5)
          most: quantile(share: 0.95)
          nearlyAll: quantile(share: 0.99)
        }
      }
    }
  }
`);

const NAMES = [
  ...['http_request_seconds', 'http_requests_total', 'http_requests_in_flight', 'http_connections', 'errors_total'],
  ...['queue_rows', 'queue_wait_seconds', 'batch_rows', 'engine_run_seconds'],
  ...['engine_healthy', 'engine_workers', 'engine_busy_workers', 'engine_waiting_runs', 'engine_crashes_total'],
  ...['image_waiting_tasks', 'image_running_tasks', 'model_problems'],
].map((name) => `ganymede_${name}`);
const OF_PROCESS = ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds'];

const WORKING = graphql(`
  query Working {
    jobs(first: 20, filter: { states: [QUEUED, RUNNING, PAUSING, PAUSED, CANCELLING] }) {
      totalCount
      nodes {
        id
        kind
        state
        model
        version
        dataset
        device
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
  }
`);

const LOOK_MS = 3000;

function Operate() {
  const server = useServer();
  const { data, problem, again } = useAnswer(COUNTED, { names: [...NAMES, ...OF_PROCESS] });
  useEffect(() => {
    const look = setInterval(() => document.visibilityState === 'visible' && again(), LOOK_MS);
    return () => clearInterval(look);
  }, []);
  return (
    <div class="operate">
      <div class="title">
        <h1>Operate</h1>
        <p class="faint">Looked at every few seconds. All numbers are since the server started.</p>
      </div>
      <Problem of={problem} />
      {data && (
        <>
          <Machine metrics={data.metrics} />
          <Requests metrics={data.metrics} />
          <Queues metrics={data.metrics} />
        </>
      )}
      {server.jobs && <Jobs />}
      {server.jobs && <Audit />}
    </div>
  );
}

function Jobs() {
  const { data, problem, again } = useAnswer(WORKING, {});
  useEffect(() => {
    const look = setInterval(() => document.visibilityState === 'visible' && again(), LOOK_MS);
    return () => clearInterval(look);
  }, []);
  return (
    <section aria-labelledby="jobs">
      <h2 id="jobs">Jobs</h2>
      <Problem of={problem} />
      {data?.jobs.totalCount === 0 && (
        <p class="faint">
          None runs or waits. <a href={hrefOf('train')}>All runs</a>
        </p>
      )}
      <ul>
        {data?.jobs.nodes.map((job) => (
          <li key={job.id}>
            <a href={hrefOfRun(job.id)}>{titleOf(job)}</a> on {job.device.toUpperCase()}: {stateOf(job)}
            {job.progress && `, ${job.progress.phase}, ${courseOf(job.progress)}`}
          </li>
        ))}
      </ul>
    </section>
  );
}
