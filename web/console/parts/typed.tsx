// A text that is typed: what stands in it is the person's until it is left or Enter is pressed, whatever is drawn
// meanwhile; then it counts.

import { useId, useState } from 'preact/hooks';

interface Props {
  readonly value: string;
  readonly onTyped: (value: string) => void;
  readonly id?: string;
  readonly placeholder?: string | undefined;
  readonly inputMode?: 'text' | 'numeric' | 'decimal';
  readonly 'aria-describedby'?: string;
  readonly 'aria-invalid'?: boolean;
}

export function Typed({ value, onTyped, ...others }: Props) {
  const [draft, setDraft] = useState<string>();
  return (
    <input
      {...others}
      value={draft ?? value}
      onInput={({ currentTarget }) => setDraft(currentTarget.value)}
      onChange={({ currentTarget }) => {
        onTyped(currentTarget.value);
        setDraft(undefined);
      }}
    />
  );
}

export function TypedWithLabel({ label, ...typed }: Omit<Props, 'id'> & { readonly label: string }) {
  const id = useId();
  return (
    <span class="chooser">
      <label for={id}>{label}</label>
      <Typed id={id} {...typed} />
    </span>
  );
}
