// A choice among models.

interface Named {
  readonly name: string;
  readonly title: string;
}

interface Props {
  readonly models: readonly Named[];
  readonly value: string;
  readonly label?: string;
  readonly onChange: (name: string) => void;
}

export const ModelChooser = ({ models, value, label = 'Model', onChange }: Props) => (
  <label class="chooser">
    {label}
    <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
      {models.map(({ name, title }) => (
        <option key={name} value={name}>
          {title} ({name})
        </option>
      ))}
    </select>
  </label>
);
