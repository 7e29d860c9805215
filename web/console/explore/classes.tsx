// Of which class samples are: each of that of its seed, all of one, or of a mixture.

import { Slider } from '../parts/slider';
import { type Choice, set } from './settings';

interface Props {
  readonly labels: readonly string[];
  readonly choice: Choice;
}

export function Classes({ labels, choice }: Props) {
  const value = choice.kind === 'class' ? `${choice.index}` : choice.kind;
  return (
    <>
      <label class="chooser">
        Class
        <select
          value={value}
          onChange={({ currentTarget }) => set({ choice: chosen(currentTarget.value, choice, labels) })}
        >
          <option value="drawn">that of the seed</option>
          {labels.map((label, i) => (
            <option key={label} value={`${i}`}>
              {label}
            </option>
          ))}
          <option value="mix">a mixture…</option>
        </select>
      </label>
      {choice.kind === 'mix' && <Mixture labels={labels} weights={choice.weights} />}
    </>
  );
}

/** A mixture begins with the class that was there, and the one after it. */
function chosen(value: string, before: Choice, labels: readonly string[]): Choice {
  if (value === 'drawn') return { kind: 'drawn' };
  if (value !== 'mix') return { kind: 'class', index: Number(value) };
  const first = before.kind === 'class' ? before.index : 0;
  return { kind: 'mix', weights: { [first]: 0.5, [(first + 1) % labels.length]: 0.5 } };
}

function Mixture({ labels, weights }: { labels: readonly string[]; weights: Readonly<Record<number, number>> }) {
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
  return (
    <fieldset class="weights">
      <legend>How much of each class</legend>
      {labels.map((label, i) => (
        <Slider
          key={label}
          label={`Class ${label}`}
          value={weights[i] ?? 0}
          {...{ min: 0, max: 1, step: 0.01 }}
          shown={sum === 0 ? '0 %' : `${Math.round((100 * (weights[i] ?? 0)) / sum)} %`}
          onChange={(weight) => set({ choice: { kind: 'mix', weights: { ...weights, [i]: weight } } })}
        />
      ))}
      {sum === 0 && <p class="faint">No class weighs anything: each seed has its own.</p>}
    </fieldset>
  );
}
