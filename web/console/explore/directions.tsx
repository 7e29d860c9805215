// Directions along which samples change most, a slider each. They are found when asked for, which may take seconds.

import { useState } from 'preact/hooks';
import { useAnswer } from '../api/use-answer';
import { graphql } from '../gql';
import { Problem } from '../parts/problem';
import { Progress } from '../parts/progress';
import { Slider } from '../parts/slider';
import type { Model } from './page';
import { type Method, type Settings, set } from './settings';

const DIRECTIONS = graphql(`
  query Directions($model: String!, $version: Int!, $method: DirectionMethod!) {
    latentDirections(model: $model, version: $version, method: $method, count: 8) {
      index
      share
    }
  }
`);

interface Props {
  readonly model: Model;
  readonly settings: Settings;
}

export function Directions({ model, settings }: Props) {
  const isMoved = Object.values(settings.directions).some((strength) => strength !== 0);
  const [isOpen, setOpen] = useState(isMoved);
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Directions: move the sample along what changes most</summary>
      {isOpen && <Sliders model={model} settings={settings} />}
    </details>
  );
}

function Sliders({ model: { name, version }, settings: { method, directions } }: Props) {
  const { data, problem, waiting } = useAnswer(DIRECTIONS, { model: name, version, method });
  return (
    <>
      <label class="chooser">
        Found by
        <select
          value={method}
          onChange={({ currentTarget }) => set({ method: currentTarget.value as Method, directions: undefined })}
        >
          <option value="FACTORISED">the generator’s first layer (SeFa)</option>
          <option value="PCA">principal components (GANSpace)</option>
        </select>
      </label>
      <Problem of={problem} />
      {waiting && <Progress label="Finding directions" />}
      {data?.latentDirections.map(({ index, share }) => (
        <Slider
          key={index}
          label={`Direction ${index + 1}, ${(100 * share).toFixed(1)} % of the change`}
          value={directions[index] ?? 0}
          {...{ min: -5, max: 5, step: 0.1 }}
          shown={`${directions[index] ?? 0} σ`}
          onChange={(strength) => set({ directions: { ...directions, [index]: strength } })}
        />
      ))}
      {data && (
        <button type="button" onClick={() => set({ directions: undefined })}>
          Back to the sample itself
        </button>
      )}
    </>
  );
}
