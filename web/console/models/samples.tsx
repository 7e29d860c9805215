// Samples of a model, made as the card is shown.

import { here } from '../api/addresses';
import { useAnswer } from '../api/use-answer';
import { graphql } from '../gql';
import { Picture } from '../parts/picture';
import { Points } from '../parts/points';
import { Problem } from '../parts/problem';
import type { Model } from './page';

const GRID = graphql(`
  query Grid($model: String!, $seed: Seed!, $rows: Int!, $columns: Int!) {
    sampleGrid(model: $model, seed: $seed, rows: $rows, columns: $columns) {
      url
      width
      height
    }
  }
`);

const POINTS = graphql(`
  query Points($model: String!, $seed: Seed!, $count: Int!) {
    sample(model: $model, seed: $seed, count: $count) {
      point
    }
  }
`);

interface Props {
  readonly model: Model;
  readonly seed: number;
}

export function Samples({ model, seed }: Props) {
  if (!model.capabilities.includes('generate')) return <p class="unseen">It makes nothing: it only judges.</p>;
  return model.image ? <Images model={model} seed={seed} /> : <Cloud model={model} seed={seed} />;
}

/** So many fit into the width of a card as pixels that can be seen. */
const [ROWS, COLUMNS] = [2, 4];

function Images({ model: { name, title }, seed }: Props) {
  const { data, problem } = useAnswer(GRID, { model: name, seed, rows: ROWS, columns: COLUMNS });
  const grid = data?.sampleGrid;
  if (problem) return <Problem of={problem} />;
  return (
    <div class="samples">
      {grid?.url && (
        <Picture
          address={here(grid.url)}
          width={grid.width ?? undefined}
          height={grid.height}
          alt={`Samples of ${title}: seeds ${seed} to ${seed + ROWS * COLUMNS - 1}`}
        />
      )}
    </div>
  );
}

const COUNT = 256;

function Cloud({ model: { name, title }, seed }: Props) {
  const { data, problem } = useAnswer(POINTS, { model: name, seed, count: COUNT });
  const points = data?.sample.flatMap(({ point }) => (point ? [point] : []));
  if (problem) return <Problem of={problem} />;
  return (
    <div class="samples">
      {points && <Points points={points} alt={`${COUNT} points that ${title} makes of seeds ${seed} and on`} />}
    </div>
  );
}
