// Layers of one sample with the styles of another: coarse ones decide on the form, fine ones on the stroke.

import { here } from '../api/addresses';
import { useAnswer } from '../api/use-answer';
import { useSettled } from '../api/use-settled';
import { graphql } from '../gql';
import { Picture } from '../parts/picture';
import { Problem } from '../parts/problem';
import type { Model } from './page';
import { SeedBox } from './seed-box';
import { classArguments, type Settings, set } from './settings';

const MIXED = graphql(`
  query Mixed($model: String!, $version: Int!, $styles: [StylePart!]!, $truncation: Float!) {
    mixStyles(model: $model, version: $version, styles: $styles, truncation: $truncation) {
      image {
        url
        width
        height
      }
    }
  }
`);

interface Props {
  readonly model: Model;
  readonly layers: number;
  readonly settings: Settings;
}

export function Styles({ model, layers, settings }: Props) {
  const { seed, styleSeed, truncation, choice } = settings;
  const taken = settings.layers.filter((layer) => layer < layers);
  const own = classArguments(choice, model.labels);
  const styles = [
    ...(taken.length < layers ? [{ seed, ...own }] : []),
    ...(taken.length > 0 ? [{ seed: styleSeed, layers: taken, ...own }] : []),
  ];
  const { data, problem } = useAnswer(
    MIXED,
    useSettled({ model: model.name, version: model.version, styles, truncation }),
  );
  const image = data?.mixStyles.image;
  const toggle = (layer: number) =>
    set({
      layers: taken.includes(layer) ? taken.filter((one) => one !== layer) : [...taken, layer].sort((a, b) => a - b),
    });
  return (
    <section class="card" aria-label="Styles">
      <h2>Mix styles</h2>
      <p class="faint">
        The sample, with the styles of another seed in the layers that you choose. Truncation is of styles here.
      </p>
      <SeedBox label="Styles of seed" seed={styleSeed} onChange={(chosen) => set({ styleSeed: chosen })} />
      <fieldset class="layers">
        <legend>Layers, the coarsest first</legend>
        {Array.from({ length: layers }, (_, layer) => (
          <label key={layer}>
            <input type="checkbox" checked={taken.includes(layer)} onChange={() => toggle(layer)} /> {layer}
          </label>
        ))}
      </fieldset>
      <Problem of={problem} />
      {image?.url && (
        <div class="large-picture">
          <Picture
            address={here(image.url)}
            width={image.width ?? undefined}
            height={image.height}
            alt={`Seed ${seed} with the styles of seed ${styleSeed} in ${taken.length === 0 ? 'no layer' : `layers ${taken.join(', ')}`}`}
          />
        </div>
      )}
    </section>
  );
}
