// What a sample is made from: its class, its truncation and its seed.

import type { Model } from './App';
import { ClassChoice } from './ClassChoice';

export interface Settings {
  /** Null: any class. */
  readonly label: string | null;
  /** In [0, 1]. Below 1, samples are more typical and less varied. */
  readonly truncation: number;
  /** Of the first sample; the next have the seeds that follow. */
  readonly seed: number;
}

interface Props {
  readonly model: Model;
  readonly settings: Settings;
  onChange(changed: Partial<Settings>): void;
}

const LAST_SEED = 2 ** 32 - 12; // twelve samples later seeds end
const anySeed = () => crypto.getRandomValues(new Uint32Array(1))[0]! % LAST_SEED;

export function Controls({ model, settings: { label, truncation, seed }, onChange }: Props) {
  return (
    <form className="controls" onSubmit={(event) => event.preventDefault()}>
      {model.labels && (
        <ClassChoice
          name="Class"
          labels={model.labels}
          any="any"
          value={label}
          onChange={(chosen) => onChange({ label: chosen })}
        />
      )}
      <label>
        Truncation
        <input
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={truncation}
          onChange={({ target }) => onChange({ truncation: target.valueAsNumber })}
        />
      </label>
      <label>
        Seed
        <input
          type="number"
          min={0}
          max={LAST_SEED}
          value={seed}
          onChange={({ target }) => target.validity.valid && onChange({ seed: target.valueAsNumber || 0 })}
        />
      </label>
      <button type="button" onClick={() => onChange({ seed: anySeed() })}>
        New samples
      </button>
    </form>
  );
}
