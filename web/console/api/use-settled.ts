// A value that follows another once that one has rested: for what is too much to be done on each step of a slider.

import { useEffect, useState } from 'preact/hooks';

const REST_MS = 250;

/** `value` must be comparable as JSON. */
export function useSettled<T>(value: T): T {
  const [settled, settle] = useState(value);
  const text = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
