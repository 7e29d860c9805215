// Where pictures come in: dropped, or chosen by the keyboard.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useDropping } from '../parts/dropping';

interface Props {
  readonly onFiles: (from: DataTransfer | File[]) => void;
  readonly children?: ComponentChildren;
}

export function DropZone({ onFiles, children }: Props) {
  const { isOver, handlers } = useDropping(onFiles);
  return (
    <section class={isOver ? 'drop over' : 'drop'} aria-label="Your pictures" {...handlers}>
      <p>Drop pictures, folders or a zip here: PNG, JPEG, WebP or AVIF, of any size, ten thousand if you like.</p>
      <div class="choices">
        <Chooser label="Choose pictures or a zip" onFiles={onFiles} />
        <Chooser label="Choose a folder" folder onFiles={onFiles} />
        {children}
      </div>
    </section>
  );
}

function Chooser({ label, folder = false, onFiles }: { label: string; folder?: boolean } & Props) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current!.webkitdirectory = folder; // no attribute that types know
  }, [folder]);
  return (
    <label class="button">
      {label}
      <input
        ref={input}
        type="file"
        class="visually-hidden"
        multiple
        {...(!folder && { accept: 'image/*,.zip' })}
        onChange={({ currentTarget }) => {
          onFiles(Array.from(currentTarget.files ?? []));
          currentTarget.value = ''; // the same may be chosen again
        }}
      />
    </label>
  );
}
