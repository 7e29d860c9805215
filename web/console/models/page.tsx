// The models that are served: a card each, with samples made now.

import { useState } from 'preact/hooks';
import { useAnswer } from '../api/use-answer';
import { graphql } from '../gql';
import type { ModelsQuery } from '../gql/graphql';
import type { Page } from '../pages';
import { Problem } from '../parts/problem';
import { Card } from './card';
import './models.css';

export const page: Page = { name: 'models', title: 'Models', order: 1, needs: 'VIEWER', View: Models };

const MODELS = graphql(`
  query Models {
    models {
      name
      version
      versions
      title
      description
      license
      created
      capabilities
      latentSize
      prior {
        kind
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
      lineage {
        dataset
        examples
        steps
        kimg
        seed
        codeVersion
        parent {
          name
          version
        }
      }
    }
  }
`);

export type Model = ModelsQuery['models'][number];

function Models() {
  const { data, problem } = useAnswer(MODELS, {});
  const [seed, setSeed] = useState(42);
  return (
    <>
      <div class="title">
        <h1>Models</h1>
        <button type="button" onClick={() => setSeed(anySeed())}>
          New samples
        </button>
      </div>
      <p class="faint">
        Each picture below is being made now, by a generator that turns random numbers into an image or a point. The
        same seed always gives the same picture.
      </p>
      <Problem of={problem} />
      {data?.models.length === 0 && (
        <p>
          No model is served yet. Put a checkpoint into the folder of checkpoints, or train one:{' '}
          <a href="docs/README.md">the documents</a> say how.
        </p>
      )}
      <ul class="cards">
        {data?.models.map((model) => (
          <Card key={model.name} model={model} seed={seed} />
        ))}
      </ul>
    </>
  );
}

/** Below 2³² less what a card shows. */
const anySeed = () => crypto.getRandomValues(new Uint32Array(1))[0]! % 4_000_000_000;
