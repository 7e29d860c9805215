// One data set, to look at, to train on, or to delete.

import { useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { graphql } from '../gql';
import { Problem } from '../parts/problem';
import { hrefOf } from '../place';
import { DatasetCard } from './dataset-card';

const DELETE = graphql(`
  mutation DeleteDataset($name: ID!) {
    deleteDataset(name: $name)
  }
`);

export function DataPage({ name }: { name: string }) {
  const [problem, setProblem] = useState<Error>();
  const remove = () =>
    ask(DELETE, { name }).then(() => {
      location.hash = hrefOf('train');
    }, setProblem);
  return (
    <>
      <p>
        <a href={hrefOf('train')}>All runs</a>
      </p>
      <div class="title">
        <h1>Data: {name}</h1>
        <div class="controls">
          <a class="button main" href={hrefOf('train', [], { show: 'new', data: name })}>
            Train on it
          </a>
          <button type="button" onClick={() => void remove()}>
            Delete
          </button>
        </div>
      </div>
      <Problem of={problem} />
      <DatasetCard name={name} />
    </>
  );
}
