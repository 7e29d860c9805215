// A button that copies a text, and says that it did.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

interface Props {
  readonly text: () => string;
  readonly children: ComponentChildren;
}

export function Copy({ text, children }: Props) {
  const [said, say] = useState('');
  const copy = () =>
    navigator.clipboard.writeText(text()).then(
      () => say('Copied.'),
      () => say('This browser does not let a page copy here: select the text instead.'),
    );
  return (
    <span class="copy">
      <button type="button" onClick={() => void copy()}>
        {children}
      </button>
      <span role="status" class="faint">
        {said}
      </span>
    </span>
  );
}
