// What lies between two samples, also of different classes: a slider moves along the path, a link leads to the whole as
// one animation.

import { useState } from 'react';
import type { Model } from './App';
import type { Settings } from './Controls';
import { graphql } from './gql';
import { Problem } from './Problem';
import { nameOf, type Sample } from './Samples';
import { useAnswer } from './useAnswer';

const MORPH = graphql(`
  query Morph($model: String!, $truncation: Float!, $waypoints: [Waypoint!]!) {
    interpolate(model: $model, truncation: $truncation, waypoints: $waypoints, steps: 25) {
      frames {
        image {
          url
        }
      }
      animation(size: 224) {
        url
      }
    }
  }
`);

interface Props {
  readonly model: Model;
  readonly settings: Settings;
  readonly from: Sample;
  readonly to: Sample;
}

export function Morph({ model, settings: { truncation }, from, to }: Props) {
  const [position, setPosition] = useState(12); // halfway
  const { data, problem, waiting } = useAnswer(MORPH, {
    model: model.name,
    truncation,
    waypoints: [from, to].map(({ seed, label }) => ({ seed, label })),
  });
  const frames = data?.interpolate.frames ?? [];
  const last = frames.length - 1;
  return (
    <>
      <p>
        {nameOf(from)} to {nameOf(to)}
      </p>
      <Problem text={problem} />
      {data && (
        <div className="morph" aria-busy={waiting}>
          {frames.map(({ image }, i) => (
            // All load at once, so that the slider moves smoothly.
            <img
              key={image?.url}
              src={image?.url ?? ''}
              alt={`Frame ${i + 1} of ${last + 1}`}
              hidden={i !== position}
            />
          ))}
          <label>
            Position
            <input
              type="range"
              min={0}
              max={last}
              value={position}
              onChange={({ target }) => setPosition(target.valueAsNumber)}
            />
          </label>
          {data.interpolate.animation?.url && <a href={data.interpolate.animation.url}>The morph as an animation</a>}
        </div>
      )}
    </>
  );
}
