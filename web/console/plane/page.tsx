// The plane: generators of points against discriminators, where all that they do can be seen. After GAN Lab
// (Kahng et al. 2018), with the engine that trains every model here.

import { useState } from 'preact/hooks';
import type { Page } from '../pages';
import { hrefOf, usePlace } from '../place';
import type { LayerName, Layers } from './draw';
import { KNOWN } from './scene';
import { Served } from './served';
import { Training } from './training';
import './plane.css';

export const page: Page = {
  ...{ name: 'plane', title: 'The plane', order: 5, needs: 'VIEWER' },
  linkOf: ({ name }) => (KNOWN.some((known) => known.name === name) ? 'Watch the game' : undefined),
  View: Plane,
};

const LAYERS: readonly { readonly name: LayerName; readonly title: string }[] = [
  { name: 'verdict', title: 'D' },
  { name: 'data', title: 'Data' },
  { name: 'samples', title: 'Samples' },
  { name: 'arrows', title: 'Gradients' },
  { name: 'map', title: 'Map from z to x' },
];

function Plane() {
  const { rest } = usePlace();
  const of = KNOWN.find(({ name }) => name === rest[0]) ?? KNOWN[0]!;
  const [layers, setLayers] = useState<Layers>({
    verdict: true,
    data: true,
    samples: true,
    arrows: false,
    map: of.size === 1,
  });
  return (
    <>
      <h1>The plane</h1>
      <p>
        A generator G turns random numbers z into points x, and a discriminator D says of any point how likely it is to
        be data. G wins where D cannot tell its points from the data.
      </p>
      <div class="controls">
        <label class="chooser">
          Data
          <select
            value={of.name}
            onChange={({ currentTarget }) => location.assign(hrefOf('plane', [currentTarget.value]))}
          >
            {KNOWN.map(({ name, title }) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <fieldset class="layers">
          <legend>Show</legend>
          {LAYERS.map(({ name, title }) => (
            <label key={name}>
              <input
                type="checkbox"
                checked={layers[name]}
                onChange={({ currentTarget }) => setLayers({ ...layers, [name]: currentTarget.checked })}
              />{' '}
              {title}
            </label>
          ))}
        </fieldset>
      </div>
      <div class="plane">
        <Served key={of.name} of={of} layers={layers} />
        <Training key={`training ${of.name}`} of={of} layers={layers} />
      </div>
    </>
  );
}
