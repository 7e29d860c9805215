// A slider with its name and its value.

import { useId } from 'preact/hooks';

interface Props {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** The value in words; left out, the number. */
  readonly shown?: string | undefined;
  readonly onChange: (value: number) => void;
}

export function Slider({ label, value, min, max, step, shown = `${value}`, onChange }: Props) {
  const id = useId();
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <output for={id}>{shown}</output>
      <input
        id={id}
        type="range"
        {...{ min, max, step, value }}
        aria-valuetext={shown}
        onInput={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
      />
    </div>
  );
}
