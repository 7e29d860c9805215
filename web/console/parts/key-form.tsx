// Where a person shows a key. It is kept for this tab alone.

import { useRef, useState } from 'preact/hooks';
import type { Server } from '../api/caller';
import { key } from '../api/key';
import { useStore } from '../api/store';
import { Problem } from './problem';

interface Props {
  readonly problem?: Error | undefined;
  readonly onDone?: () => void;
}

export function KeyForm({ problem, onDone }: Props) {
  const [typed, type] = useState('');
  return (
    <form
      class="key"
      onSubmit={(event) => {
        event.preventDefault();
        key.set(typed.trim() || null);
        onDone?.();
      }}
    >
      <h2>This server asks for a key</h2>
      <p>
        Whoever runs it makes one by <code>npx ganymede keys create</code>. It is kept until this tab is closed.
      </p>
      <label>
        Key
        <input
          type="password"
          autocomplete="off"
          required
          value={typed}
          onInput={({ currentTarget }) => type(currentTarget.value)}
        />
      </label>
      <button type="submit">Use this key</button>
      {problem && (
        <button type="button" onClick={() => key.set(null)}>
          Go on without
        </button>
      )}
      <Problem of={problem} />
    </form>
  );
}

/** Shown where a key is in use, or could give more. */
export function KeyButton({ server: { caller } }: { server: Server }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const inUse = useStore(key) !== null;
  if (inUse) {
    return (
      <p class="caller">
        {caller.name}, {caller.role.toLowerCase()}{' '}
        <button type="button" onClick={() => key.set(null)}>
          Forget the key
        </button>
      </p>
    );
  }
  if (!caller.anonymous) return null;
  return (
    <p class="caller">
      <button type="button" onClick={() => dialog.current?.showModal()}>
        Use a key
      </button>
      <dialog ref={dialog} aria-label="Use a key">
        <KeyForm onDone={() => dialog.current?.close()} />
        <button type="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
      </dialog>
    </p>
  );
}
