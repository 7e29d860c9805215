// A link that saves a file: of the server, or made in this page.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { download } from '../api/ask';
import { key } from '../api/key';
import { useStore } from '../api/store';
import { Problem } from './problem';

interface Props {
  /** Relative, as `here` gives it; or `data:`. */
  readonly address: string;
  /** What the file is called. */
  readonly name: string;
  readonly children: ComponentChildren;
}

export function Save({ address, name, children }: Props) {
  const [problem, setProblem] = useState<Error>();
  const needsKey = useStore(key) !== null && !address.startsWith('data:');
  const withKey = (event: Event) => {
    if (!needsKey) return; // the browser fetches it
    event.preventDefault();
    download(address).then((blob) => saveBlob(blob, name), setProblem);
  };
  return (
    <>
      <a class="button" href={address} download={name} onClick={withKey}>
        {children}
      </a>
      {problem && <Problem of={problem} />}
    </>
  );
}

export function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href)); // once the browser has taken it
}
