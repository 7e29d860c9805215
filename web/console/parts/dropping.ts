// What an element needs to take what is dropped on it, and to show that it would.

import { useState } from 'preact/hooks';

export function useDropping(onDrop: (dropped: DataTransfer) => void) {
  const [isOver, setOver] = useState(false);
  const handlers = {
    onDragOver: (event: DragEvent) => {
      event.preventDefault(); // or the browser would open the file
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      if (event.dataTransfer) onDrop(event.dataTransfer);
    },
  };
  return { isOver, handlers };
}
