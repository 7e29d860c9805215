// Play with a generator: a wall of samples, sliders that the picture follows, the plane through three samples, morphs,
// and how to have the same again.

import { useAnswer } from '../api/use-answer';
import { graphql } from '../gql';
import type { ExplorableQuery } from '../gql/graphql';
import type { Page, Subject } from '../pages';
import { ModelChooser } from '../parts/model-chooser';
import { Problem } from '../parts/problem';
import { hrefOf, usePlace } from '../place';
import { Cloud } from './cloud';
import { Studio } from './studio';
import './explore.css';

const canExplore = ({ capabilities }: Pick<Subject, 'capabilities'>) => capabilities.includes('generate');

export const page: Page = {
  name: 'explore',
  title: 'Explore',
  order: 2,
  needs: 'VIEWER',
  linkOf: (model) => (canExplore(model) ? 'Explore' : undefined),
  View: Explore,
};

const EXPLORABLE = graphql(`
  query Explorable {
    models {
      name
      version
      title
      capabilities
      latentSize
      prior {
        kind
        low
        high
      }
      image {
        width
        height
        channels
      }
      pointSize
      labels
      styles {
        layers
      }
    }
  }
`);

const ONE_VERSION = graphql(`
  query ExplorableVersion($name: String!, $version: Int!) {
    model(name: $name, version: $version) {
      name
      version
      title
      capabilities
      latentSize
      prior {
        kind
        low
        high
      }
      image {
        width
        height
        channels
      }
      pointSize
      labels
      styles {
        layers
      }
    }
  }
`);

export type Model = ExplorableQuery['models'][number];

/** What a person meets first, if it is there: digits of a class that can be chosen. */
const FIRST = 'mnist-conditional';

function Explore() {
  const { rest } = usePlace();
  const [name, version] = rest;
  const { data, problem } = useAnswer(EXPLORABLE, {});
  const models = data?.models.filter(canExplore) ?? [];
  const active =
    name === undefined
      ? (models.find((one) => one.name === FIRST) ?? models[0])
      : models.find((one) => one.name === name);
  const isOther = version !== undefined && active !== undefined && version !== `${active.version}`;
  const other = useAnswer(ONE_VERSION, isOther ? { name: active.name, version: Number(version) } : null);
  const model = isOther ? other.data?.model : active;
  return (
    <>
      <div class="title">
        <h1>Explore</h1>
        {active && (
          <ModelChooser
            models={models}
            value={active.name}
            onChange={(chosen) => {
              location.hash = hrefOf('explore', [chosen]);
            }}
          />
        )}
      </div>
      <Problem of={problem ?? other.problem} />
      {data && !active && (
        <p>
          {name === undefined ? 'No model that makes anything is served here.' : `No model “${name}” is served here.`}{' '}
          <a href={hrefOf('models')}>Models</a> lists those that are.
        </p>
      )}
      {model &&
        (model.image ? <Studio key={`${model.name} ${model.version}`} model={model} /> : <Cloud model={model} />)}
    </>
  );
}
