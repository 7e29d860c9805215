// Pictures in rows, of which only those in sight are drawn: ten thousand are as light as fifty.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface Props<T> {
  readonly label: string;
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  readonly children: (item: T) => ComponentChildren;
}

/** CSS pixels of a tile with its gap, as score.css has them. */
const [TILE_WIDTH, TILE_HEIGHT] = [112, 160];

/** Rows drawn above and below what is in sight. */
const SPARE = 3;

export function Wall<T>({ label, items, keyOf, children }: Props<T>) {
  const box = useRef<HTMLElement>(null);
  const { top, height, width } = useSight(box);
  const columns = Math.max(1, Math.floor(width / TILE_WIDTH));
  const rows = Math.ceil(items.length / columns);
  const first = Math.max(0, Math.floor(top / TILE_HEIGHT) - SPARE);
  const last = Math.min(rows, Math.ceil((top + height) / TILE_HEIGHT) + SPARE);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    list.current!.style.height = `${rows * TILE_HEIGHT}px`;
  }, [rows]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section class="score-wall" ref={box} aria-label={label} tabIndex={0}>
      <ol ref={list}>
        {items.slice(first * columns, last * columns).map((item, i) => (
          <Tile key={keyOf(item)} place={first * columns + i} of={items.length} columns={columns}>
            {children(item)}
          </Tile>
        ))}
      </ol>
    </section>
  );
}

interface TileProps {
  readonly place: number;
  readonly of: number;
  readonly columns: number;
  readonly children: ComponentChildren;
}

function Tile({ place, of, columns, children }: TileProps) {
  const tile = useRef<HTMLLIElement>(null);
  useEffect(() => {
    const [row, column] = [Math.floor(place / columns), place % columns];
    tile.current!.style.transform = `translate(${column * TILE_WIDTH}px, ${row * TILE_HEIGHT}px)`;
  }, [place, columns]);
  return (
    <li ref={tile} aria-posinset={place + 1} aria-setsize={of}>
      {children}
    </li>
  );
}

/** How far it is scrolled, and how large it is. */
function useSight(box: { readonly current: HTMLElement | null }) {
  const [sight, setSight] = useState({ top: 0, height: 600, width: TILE_WIDTH });
  useEffect(() => {
    const element = box.current!;
    const look = () => setSight({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth });
    const size = new ResizeObserver(look);
    size.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      size.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  return sight;
}
