interface Props {
  readonly name: string;
  readonly labels: readonly string[];
  /** What no choice is called; left out, one is always made. */
  readonly any?: string;
  readonly value: string | null;
  onChange(label: string | null): void;
}

/** A choice among the classes of a model. */
export const ClassChoice = ({ name, labels, any, value, onChange }: Props) => (
  <label>
    {name}
    <select value={value ?? ''} onChange={({ target }) => onChange(target.value || null)}>
      {any && <option value="">{any}</option>}
      {labels.map((label) => (
        <option key={label}>{label}</option>
      ))}
    </select>
  </label>
);
