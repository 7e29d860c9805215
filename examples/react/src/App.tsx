// The page: a choice of model, and what can be done with it.

import { useState } from 'react';
import { graphql } from './gql';
import type { ModelsQuery } from './gql/graphql';
import { Problem } from './Problem';
import { Studio } from './Studio';
import { useAnswer } from './useAnswer';

const MODELS = graphql(`
  query Models {
    models {
      name
      title
      labels
      image {
        width
      }
      scoring {
        needsLabel
        takesLabel
      }
    }
  }
`);

export type Model = ModelsQuery['models'][number];

export function App() {
  const { data, problem } = useAnswer(MODELS, {});
  const [chosen, choose] = useState('mnist-conditional');
  const models = data?.models.filter(({ image }) => image) ?? []; // the others make points
  const model = models.find(({ name }) => name === chosen) ?? models[0];

  return (
    <>
      <header>
        <h1>Ganymede with React</h1>
        {model && (
          <label>
            Model
            <select value={model.name} onChange={({ target }) => choose(target.value)}>
              {models.map(({ name, title }) => (
                <option key={name} value={name}>
                  {title}
                </option>
              ))}
            </select>
          </label>
        )}
      </header>
      <Problem text={problem} />
      {model && <Studio key={model.name} model={model} />}
    </>
  );
}
