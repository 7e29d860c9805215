// What may be wider than the window, and then scrolls, by keyboard too.

import type { ComponentChildren } from 'preact';

export const Wide = ({ label, children }: { label: string; children: ComponentChildren }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reached by keyboard
  <section class="wide" tabIndex={0} aria-label={label}>
    {children}
  </section>
);
