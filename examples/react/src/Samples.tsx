// Twelve samples. Each is a button that picks it for a morph.

import type { Model } from './App';
import type { Settings } from './Controls';
import { graphql } from './gql';
import type { SamplesQuery } from './gql/graphql';
import { Problem } from './Problem';
import { percent } from './percent';
import { useAnswer } from './useAnswer';

const SAMPLES = graphql(`
  query Samples($model: String!, $label: String, $truncation: Float!, $seed: Seed!, $scored: Boolean!) {
    sample(model: $model, label: $label, truncation: $truncation, seed: $seed, count: 12) {
      seed
      label
      image {
        url
      }
      score @include(if: $scored) {
        probability
      }
    }
  }
`);

export type Sample = SamplesQuery['sample'][number];

interface Props {
  readonly model: Model;
  readonly settings: Settings;
  readonly picked: readonly Sample[];
  onPick(sample: Sample): void;
}

export function Samples({ model, settings, picked, onPick }: Props) {
  const { data, problem, waiting } = useAnswer(SAMPLES, {
    model: model.name,
    scored: model.scoring !== null,
    ...settings,
  });
  const isPicked = ({ seed }: Sample) => picked.some((one) => one.seed === seed);
  return (
    <>
      <Problem text={problem} />
      <ul className="samples" aria-busy={waiting}>
        {data?.sample.map((sample) => (
          <li key={sample.seed}>
            <button type="button" aria-pressed={isPicked(sample)} onClick={() => onPick(sample)}>
              <img src={sample.image?.url ?? ''} alt={nameOf(sample)} />
            </button>
            <small>{percent(sample.score?.probability)}</small>
          </li>
        ))}
      </ul>
      {model.scoring && <small>Below each: how probably it is real, if you ask the model’s scorer.</small>}
    </>
  );
}

export const nameOf = ({ seed, label }: Sample) => `Seed ${seed}${label === null ? '' : `, class ${label}`}`;
