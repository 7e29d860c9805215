// Two runs beside each other: what was asked for otherwise, their curves in the same plots, and the samples at their
// ends.

import { here } from '../api/addresses';
import type { Json, JsonObject } from '../api/json';
import { useAnswer } from '../api/use-answer';
import { graphql } from '../gql';
import { Picture } from '../parts/picture';
import { Problem } from '../parts/problem';
import { hrefOf } from '../place';
import { hrefOfRun, moment, stateOf, titleOf } from './jobs';
import { RunCurves } from './run-curves';

const TWO = graphql(`
  query TwoRuns($a: ID!, $b: ID!) {
    a: job(id: $a) {
      id
      kind
      state
      model
      version
      dataset
      recipe
      arguments
      created
      made
      metrics(points: 300) {
        name
        at
        values
      }
      previews {
        at
        url
      }
    }
    b: job(id: $b) {
      id
      kind
      state
      model
      version
      dataset
      recipe
      arguments
      created
      made
      metrics(points: 300) {
        name
        at
        values
      }
      previews {
        at
        url
      }
    }
  }
`);

export function Compare({ ids: [a = '', b = ''] }: { ids: readonly string[] }) {
  const { data, problem } = useAnswer(TWO, { a, b });
  if (!data) return <Problem of={problem} />;
  const runs = [data.a, data.b].map((job, i) => ({ job, name: 'AB'[i]! }));
  return (
    <>
      <p>
        <a href={hrefOf('train')}>All runs</a>
      </p>
      <h1>Two runs</h1>
      <Problem of={problem} />
      <div class="beside">
        {runs.map(({ job, name }) => (
          <section key={name} aria-labelledby={`run-${name}`}>
            <h2 id={`run-${name}`}>
              {name}: <a href={hrefOfRun(job.id)}>{titleOf(job)}</a>
            </h2>
            <p class="faint">
              {stateOf(job)} · {moment(job.created)}
              {job.made !== null && ` · made version ${job.made}`}
            </p>
            {job.previews.length > 0 && (
              <Picture
                address={here(job.previews.at(-1)!.url)}
                alt={`Samples of ${name} at step ${job.previews.at(-1)!.at.toLocaleString('en')}`}
              />
            )}
          </section>
        ))}
      </div>
      <Differences a={data.a.arguments} b={data.b.arguments} />
      <RunCurves runs={runs.map(({ job: { metrics }, name }) => ({ name, metrics }))} isOver />
    </>
  );
}

function Differences({ a, b }: { a: JsonObject; b: JsonObject }) {
  const [left, right] = [leavesOf(a), leavesOf(b)];
  const names = [...new Set([...left.keys(), ...right.keys()])].filter((name) => left.get(name) !== right.get(name));
  if (names.length === 0) return <p>Both were asked for with the same words.</p>;
  return (
    <table>
      <caption>
        <h2>What was asked for otherwise</h2>
      </caption>
      <thead>
        <tr>
          <th scope="col">Setting</th>
          <th scope="col">A</th>
          <th scope="col">B</th>
        </tr>
      </thead>
      <tbody>
        {names.map((name) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{left.get(name) ?? 'left out'}</td>
            <td>{right.get(name) ?? 'left out'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Path → value as text. */
function leavesOf(value: JsonObject, path = ''): Map<string, string> {
  const entries = Object.entries(value).flatMap(([name, inner]): (readonly [string, string])[] =>
    isObject(inner) ? [...leavesOf(inner, `${path}${name}.`)] : [[`${path}${name}`, JSON.stringify(inner)]],
  );
  return new Map(entries);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
