// The number that a sample is made from.

import { MAX_SEED } from './settings';

interface Props {
  readonly seed: number;
  readonly label?: string;
  readonly onChange: (seed: number) => void;
}

export const SeedBox = ({ seed, label = 'Seed', onChange }: Props) => (
  <div class="seed">
    <label>
      {label}{' '}
      <input
        type="number"
        min={0}
        max={MAX_SEED}
        step={1}
        value={seed}
        onInput={({ currentTarget: { value, validity } }) => validity.valid && value !== '' && onChange(Number(value))}
      />
    </label>
    <button type="button" onClick={() => onChange(crypto.getRandomValues(new Uint32Array(1))[0]!)}>
      Any
    </button>
  </div>
);
