// Two versions of a model side by side, of the same seeds: the one that answers, and another; and the choice between
// them.

import { useState } from 'preact/hooks';
import { here } from '../api/addresses';
import { ask } from '../api/ask';
import { useSubscription } from '../api/subscribe';
import { useAnswer } from '../api/use-answer';
import { graphql } from '../gql';
import { PAGES } from '../pages';
import { Picture } from '../parts/picture';
import { Points } from '../parts/points';
import { Problem } from '../parts/problem';
import { hrefOf } from '../place';

const ACTIVE = graphql(`
  query ActiveOf($model: String!) {
    model(name: $model) {
      version
      versions
      title
      pointSize
      capabilities
    }
  }
`);

const GRID_OF = graphql(`
  query GridOf($model: String!, $version: Int!, $seed: Seed!) {
    sampleGrid(model: $model, version: $version, seed: $seed, rows: 4, columns: 6) {
      url
      width
      height
    }
  }
`);

const POINTS_OF = graphql(`
  query PointsOf($model: String!, $version: Int!, $seed: Seed!) {
    sample(model: $model, version: $version, seed: $seed, count: 256) {
      point
    }
  }
`);

const PROMOTE = graphql(`
  mutation Promote($model: String!, $version: Int!) {
    promote(model: $model, version: $version) {
      model
      version
    }
  }
`);

const ROLL_BACK = graphql(`
  mutation RollBack($model: String!) {
    rollback(model: $model) {
      model
      version
    }
  }
`);

export const ACTIVATIONS = graphql(`
  subscription Activations {
    modelActivated {
      model
      version
    }
  }
`);

export function SideBySide({ model, version }: { model: string; version: number }) {
  const { data, problem, again } = useAnswer(ACTIVE, { model });
  const lost = useSubscription(ACTIVATIONS, {}, ({ modelActivated }) => modelActivated.model === model && again());
  const [seed, setSeed] = useState(0);
  const [said, setSaid] = useState('');
  const [refused, setRefused] = useState<Error>();
  const change = async (asking: Promise<{ version: number } | null | undefined>) => {
    setRefused(undefined);
    await asking.then((active) => active && setSaid(`Version ${active.version} answers now.`), setRefused);
    again();
  };
  if (!data) return <Problem of={problem} />;
  const { version: active, versions, pointSize, capabilities } = data.model;
  const other = active === version ? versions.filter((one) => one < version).at(-1) : active;
  const shown = [...(other === undefined ? [] : [other]), version];
  return (
    <>
      <Problem of={problem ?? lost ?? refused} />
      {capabilities.includes('generate') && (
        <div class="beside">
          {shown.map((one) => (
            <figure key={one}>
              <figcaption>
                Version {one}
                {one === active && <strong>, which answers</strong>}
              </figcaption>
              {pointSize === null ? (
                <Grid model={model} version={one} seed={seed} />
              ) : (
                <Cloud model={model} version={one} seed={seed} />
              )}
            </figure>
          ))}
        </div>
      )}
      <div class="controls">
        {active === version ? (
          <button type="button" onClick={() => void change(ask(ROLL_BACK, { model }).then(({ rollback }) => rollback))}>
            Go back to the version before
          </button>
        ) : (
          <button
            type="button"
            class="main"
            onClick={() => void change(ask(PROMOTE, { model, version }).then(({ promote }) => promote))}
          >
            Let version {version} answer
          </button>
        )}
        <button type="button" onClick={() => setSeed((last) => last + 24)}>
          Other seeds
        </button>
        {PAGES.some(({ name }) => name === 'explore') && (
          <a class="button" href={hrefOf('explore', [model])}>
            Explore {model}
          </a>
        )}
        <span role="status">{said}</span>
      </div>
    </>
  );
}

interface OfVersion {
  readonly model: string;
  readonly version: number;
  readonly seed: number;
}

function Grid({ model, version, seed }: OfVersion) {
  const { data, problem } = useAnswer(GRID_OF, { model, version, seed });
  const grid = data?.sampleGrid;
  return (
    <>
      <Problem of={problem} />
      {grid?.url && (
        <Picture
          address={here(grid.url)}
          width={grid.width ?? undefined}
          height={grid.height}
          alt={`Samples of version ${version} of ${model}: seeds ${seed} to ${seed + 23}`}
        />
      )}
    </>
  );
}

function Cloud({ model, version, seed }: OfVersion) {
  const { data, problem } = useAnswer(POINTS_OF, { model, version, seed });
  const points = data?.sample.flatMap(({ point }) => (point ? [point] : []));
  return (
    <>
      <Problem of={problem} />
      {points && <Points points={points} alt={`256 points of version ${version} of ${model}, from seed ${seed} on`} />}
    </>
  );
}
