// The same sample under every truncation, as frames: the straight way from the mean of the prior to its latent.

import { useState } from 'preact/hooks';
import { useAnswer } from '../api/use-answer';
import { useSettled } from '../api/use-settled';
import { graphql } from '../gql';
import { Problem } from '../parts/problem';
import { Morph, pathOf } from './morph';
import type { Model } from './page';
import { classOf } from './pins';
import { toBase64 } from './plane';
import { classArguments, readChoice, type Settings } from './settings';

const WHOLE = graphql(`
  query Whole($model: String!, $version: Int!, $seed: Seed!, $label: String, $labels: [LabelWeight!]) {
    sample(model: $model, version: $version, seed: $seed, label: $label, labels: $labels) {
      label
      zBase64
    }
  }
`);

/** Steps of a twentieth. */
const STEPS = 21;

interface Props {
  readonly model: Model;
  readonly settings: Settings;
  /** The mixture of classes as addresses have it; empty if it is of one class. */
  readonly mixture: string;
}

export function Sweep(props: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <section class="card" aria-label="Truncation sweep">
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          <h2>Truncation, from the mean to the whole prior</h2>
        </summary>
        {isOpen && <Frames {...props} />}
      </details>
    </section>
  );
}

function Frames({ model, settings, mixture }: Props) {
  const { seed, choice } = useSettled({ seed: settings.seed, choice: settings.choice });
  const asked = { model: model.name, version: model.version, seed, ...classArguments(choice, model.labels) };
  const { data, problem } = useAnswer(WHOLE, asked);
  const whole = data?.sample[0];
  if (!whole) return <Problem of={problem} />;
  const own = classArguments(mixture ? readChoice(mixture) : classOf(whole.label, model.labels), model.labels);
  const waypoints = [meanOf(model), whole.zBase64].map((z) => ({ z, ...own }));
  return (
    <Morph
      model={model}
      name={`Seed ${seed} under truncation`}
      path={pathOf(model, waypoints, { truncation: 1, method: 'LINEAR', loop: false, steps: STEPS })}
      shown={(position) => `truncation ${position / (STEPS - 1)}`}
    />
  );
}

/** Where truncation 0 leads. */
function meanOf({ latentSize, prior: { low, high } }: Model): string {
  return toBase64(new Float32Array(latentSize).fill(((low ?? 0) + (high ?? 0)) / 2));
}
