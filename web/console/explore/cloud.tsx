// What a generator of points makes: a cloud that follows the sliders.

import { useLatest } from '../api/use-latest';
import { graphql } from '../gql';
import { Points } from '../parts/points';
import { Problem } from '../parts/problem';
import { Save } from '../parts/save';
import { Slider } from '../parts/slider';
import { Classes } from './classes';
import type { Model } from './page';
import { SeedBox } from './seed-box';
import { classArguments, set, useSettings } from './settings';

const CLOUD = graphql(`
  query Cloud($model: String!, $version: Int!, $seed: Seed!, $count: Int!, $truncation: Float!, $label: String, $labels: [LabelWeight!]) {
    sample(model: $model, version: $version, seed: $seed, count: $count, truncation: $truncation, label: $label, labels: $labels) {
      seed
      point
    }
    whole: sample(model: $model, version: $version, seed: $seed, count: $count, label: $label, labels: $labels) {
      point
    }
  }
`);

/** As many as one request may ask for. */
const COUNT = 256;

export function Cloud({ model }: { model: Model }) {
  const { seed, truncation, choice } = useSettings();
  const first = Math.min(seed, 2 ** 32 - COUNT);
  const asked = { model: model.name, version: model.version, seed: first, count: COUNT, truncation };
  const { data, problem } = useLatest(CLOUD, { ...asked, ...classArguments(choice, model.labels) });
  const points = data?.sample.flatMap(({ point }) => (point ? [point] : [])) ?? [];
  const reach = 1.1 * Math.max(1e-6, ...(data?.whole ?? []).flatMap(({ point }) => point ?? []).map(Math.abs));
  const csv = (data?.sample ?? []).map((one) => [one.seed, ...(one.point ?? [])].join()).join('\r\n');
  return (
    <div class="studio">
      <section class="card" aria-label="Controls">
        <SeedBox label="First seed" seed={seed} onChange={(chosen) => set({ seed: chosen })} />
        <Slider
          label="Truncation"
          value={truncation}
          {...{ min: 0, max: 1, step: 0.01 }}
          onChange={(chosen) => set({ truncation: chosen === 1 ? undefined : chosen })}
        />
        {model.labels && <Classes labels={model.labels} choice={choice} />}
        <p class="links">
          <Save
            address={`data:text/csv;charset=utf-8,${encodeURIComponent(`${csv}\r\n`)}`}
            name={`${model.name}-points.csv`}
          >
            These points as CSV
          </Save>
        </p>
      </section>
      <section class="card" aria-label="Points">
        <h2>{COUNT} points</h2>
        <p class="faint">
          Each is one latent of {model.latentSize} {model.latentSize === 1 ? 'number' : 'numbers'}, gone through the
          generator. Truncation draws the latents to their mean, and shows how the generator unfolds the prior.
        </p>
        <Problem of={problem} />
        <Points
          points={points}
          reach={reach}
          alt={`${points.length} points of seeds ${first} and on, truncation ${truncation}`}
        />
      </section>
    </div>
  );
}
