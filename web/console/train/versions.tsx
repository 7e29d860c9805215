// The versions of a model: where each comes from, what was measured on it, and which one answers.

import { useState } from 'preact/hooks';
import { useSubscription } from '../api/subscribe';
import { useAnswer } from '../api/use-answer';
import { graphql } from '../gql';
import type { VersionsQuery } from '../gql/graphql';
import { Problem } from '../parts/problem';
import { hrefOf } from '../place';
import { hrefOfRun, moment, stateOf, titleOf } from './jobs';
import { ACTIVATIONS, SideBySide } from './side-by-side';

const VERSIONS = graphql(`
  query Versions($model: String!) {
    model(name: $model) {
      name
      title
      versionsConnection(first: 50) {
        totalCount
        nodes {
          version
          active
          created
          capabilities
          lineage {
            dataset
            examples
            steps
            parent {
              name
              version
            }
          }
          figures {
            protocol
            name
            value
          }
        }
      }
    }
    jobs(first: 20, filter: { model: $model }) {
      nodes {
        id
        kind
        state
        model
        version
        dataset
        created
        made
      }
    }
  }
`);

type Version = VersionsQuery['model']['versionsConnection']['nodes'][number];

export function Versions({ model: name }: { model: string }) {
  const { data, problem, again } = useAnswer(VERSIONS, { model: name });
  const lost = useSubscription(ACTIVATIONS, {}, ({ modelActivated }) => modelActivated.model === name && again());
  const [asked, setAsked] = useState<number>();
  if (!data) return <Problem of={problem} />;
  const { title, versionsConnection } = data.model;
  const versions = versionsConnection.nodes;
  const shown = asked ?? versions[0]!.version;
  return (
    <>
      <p>
        <a href={hrefOf('train')}>All runs</a>
      </p>
      <div class="title">
        <h1>Versions of {title}</h1>
        <a class="button" href={hrefOf('train', [], { show: 'new', onto: name })}>
          Train it on
        </a>
      </div>
      <Problem of={problem ?? lost} />
      <label class="chooser">
        Beside the one that answers
        <select value={shown} onChange={({ currentTarget }) => setAsked(Number(currentTarget.value))}>
          {versions.map(({ version, active }) => (
            <option key={version} value={version}>
              version {version}
              {active ? ', which answers' : ''}
            </option>
          ))}
        </select>
      </label>
      <SideBySide model={name} version={shown} />
      <h2>Where each comes from</h2>
      <ul class="runs">
        {versions.map((version) => (
          <Row key={version.version} of={version} />
        ))}
      </ul>
      {data.jobs.nodes.length > 0 && (
        <section aria-labelledby="its-runs">
          <h2 id="its-runs">Its runs</h2>
          <ul class="links">
            {data.jobs.nodes.map((job) => (
              <li key={job.id}>
                <a href={hrefOfRun(job.id)}>{titleOf(job)}</a>{' '}
                <span class="faint">
                  {stateOf(job)}, {moment(job.created)}
                  {job.made !== null && `, made version ${job.made}`}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

/** As many figures as a person reads; the page of models has all. */
const FIGURES = 6;

function Row({ of: { version, active, created, lineage, figures, capabilities } }: { of: Version }) {
  const { dataset, examples, steps, parent } = lineage;
  return (
    <li class="card">
      <h3>
        Version {version}
        {active && ', which answers'}
      </h3>
      <p class="faint">
        {moment(created)}
        {dataset && ` · ${dataset}${examples === null ? '' : `, ${examples.toLocaleString('en')} examples`}`}
        {steps !== null && ` · ${steps.toLocaleString('en')} steps`}
        {parent && ` · from version ${parent.version} of ${parent.name}`}
      </p>
      <p>It can {capabilities.join(', ')}.</p>
      {figures.length > 0 && (
        <ul class="links faint">
          {figures.slice(0, FIGURES).map(({ protocol, name, value }) => (
            <li key={`${protocol} ${name}`}>
              {protocol} {name} {Number(value.toPrecision(4))}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
