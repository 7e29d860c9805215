// What was measured on a model, by which protocol and on what; how its training went; and where it comes from.

import { here } from '../api/addresses';
import { useAnswer } from '../api/use-answer';
import { graphql } from '../gql';
import type { DetailsQuery } from '../gql/graphql';
import { Curves } from '../parts/curves';
import { Picture } from '../parts/picture';
import { Problem } from '../parts/problem';
import type { Model } from './page';
import { protocolsOf } from './protocols';

const DETAILS = graphql(`
  query Details($model: String!) {
    model(name: $model) {
      figures {
        protocol
        name
        value
        date
      }
      evaluations(first: 100) {
        nodes {
          protocol
          dataset
        }
      }
      trainingCurve(points: 200) {
        name
        steps
        values
      }
      trainingAnimation {
        url
      }
    }
  }
`);

export type Measured = DetailsQuery['model'];

export function Details({ model }: { model: Model }) {
  const { data, problem } = useAnswer(DETAILS, { model: model.name });
  if (!data) return <Problem of={problem} />;
  return (
    <div class="details">
      <Origin model={model} />
      <Training measured={data.model} title={model.title} />
      <Figures measured={data.model} />
    </div>
  );
}

function Figures({ measured }: { measured: Measured }) {
  const protocols = protocolsOf(measured);
  if (protocols.length === 0) return <p>Nothing was measured on it yet.</p>;
  return (
    <>
      {protocols.map(({ protocol, meaning, rows, measuredOn, date, hasReal, hasNothing }) => (
        <table key={protocol} class="figures">
          <caption>
            <strong>{protocol}</strong> {meaning}
            {measuredOn && <span class="faint"> Measured on {measuredOn}</span>}
            <span class="faint"> {date.slice(0, 10)}</span>
          </caption>
          <thead>
            <tr>
              <th scope="col">Figure</th>
              <th scope="col">This model</th>
              {hasReal && <th scope="col">Real data</th>}
              {hasNothing && <th scope="col">Who knows nothing</th>}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, own, real, nothing }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{short(own)}</td>
                {hasReal && <td>{short(real)}</td>}
                {hasNothing && <td>{short(nothing)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </>
  );
}

const short = (value: number | undefined) =>
  value === undefined ? '' : Number(value.toPrecision(4)).toLocaleString('en');

/** Of the training: what a person looks at first. */
const SHOWN = [
  ['lossD', 'lossG'],
  ['dReal', 'dFake'],
  ['diversity', 'coverage'],
];

function Training({ measured: { trainingCurve, trainingAnimation }, title }: { measured: Measured; title: string }) {
  const curves = (trainingCurve ?? []).map(({ name, steps, values }) => ({ name, at: steps, values }));
  return (
    <>
      {SHOWN.map((names) => ({ names, shown: curves.filter(({ name }) => names.includes(name)) }))
        .filter(({ shown }) => shown.length > 0)
        .map(({ names, shown }) => (
          <Curves key={names.join()} title={`Training: ${names.join(' and ')} over steps`} curves={shown} />
        ))}
      {trainingAnimation && (
        <Picture
          address={here(trainingAnimation.url)}
          alt={`${title} while it learnt, the same latents step by step`}
        />
      )}
    </>
  );
}

function Origin({ model: { lineage, latentSize, prior, created } }: { model: Model }) {
  const { dataset, examples, steps, kimg, seed, codeVersion, parent } = lineage;
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    ['Trained on', dataset && `${dataset}${examples === null ? '' : `, ${examples.toLocaleString('en')} examples`}`],
    ['Steps', steps?.toLocaleString('en')],
    ['Shown to D', kimg === null ? null : `${kimg.toLocaleString('en')} thousand`],
    ['Seed', seed === null ? null : `${seed}`],
    ['Made from', parent && `${parent.name}, version ${parent.version}`],
    ['Latent', `${latentSize} ${prior.kind.toLowerCase()} numbers`],
    ['Made', `${created.slice(0, 10)}${codeVersion ? ` by Ganymede ${codeVersion}` : ''}`],
  ];
  return (
    <dl>
      {facts
        .filter(([, fact]) => fact)
        .map(([name, fact]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{fact}</dd>
          </div>
        ))}
    </dl>
  );
}
