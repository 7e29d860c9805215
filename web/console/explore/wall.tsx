// A wall of samples, seed after seed, that scrolls for ever: only what is near the window is there. Each picture has an
// address that holds all that it is made of, so caches keep it.

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { addressOfSample } from '../api/addresses';
import { useSettled } from '../api/use-settled';
import { Picture } from '../parts/picture';
import type { Model } from './page';
import { MAX_SEED, set } from './settings';

interface Props {
  readonly model: Model;
  /** The seed that it begins with when a person asks for another; above it are those before. */
  readonly from: number;
  readonly chosen: number;
  readonly truncation: number;
  /** As the addresses of pictures have it; empty: that of each seed. */
  readonly label: string;
}

/** Pixels. */
const GAP = 4;

/** Rows that are kept above and below the window. */
const AROUND = 3;

/**
 * So many rows are as high as browsers take; who scrolls near an end is moved to the middle, and sees nothing of it.
 */
const MOST_ROWS = 20_000;

export function Wall({ model, from, chosen, truncation, label }: Props) {
  const view = useRef<HTMLDivElement>(null);
  const { columns, tile, height } = useMeasures(view, model);
  const looks = useSettled({ truncation, label });
  const { first, count, base, scrolled, reveal } = useRows(view, { from, columns, tile, height });
  const seeds = seedsOf({ first: base + first, count, columns });
  const walk = (event: KeyboardEvent) => {
    const step = STEPS[event.key]?.(columns);
    const seed = chosen + (step ?? 0);
    if (step === undefined || seed < 0 || seed > MAX_SEED) return;
    event.preventDefault();
    set({ seed });
    reveal(Math.floor(seed / columns));
  };
  return (
    <section class="card" aria-label="Wall of seeds">
      <h2>Wall</h2>
      <p class="faint">
        Seed after seed, without end. Click one, or walk with the arrow keys: it is the sample on the side.
      </p>
      <div
        class="wall"
        ref={view}
        tabIndex={0}
        role="listbox"
        aria-label="Samples by seed"
        aria-activedescendant={seeds.includes(chosen) ? idOf(chosen) : undefined}
        onScroll={scrolled}
        onKeyDown={walk}
      >
        <div class="height" style={{ height: `${rowsIn(columns) * (tile + GAP)}px` }}>
          <div
            class="tiles"
            style={{
              transform: `translateY(${first * (tile + GAP)}px)`,
              gridTemplateColumns: `repeat(${columns}, ${tile}px)`,
            }}
          >
            {seeds.map((seed) => (
              <button
                key={seed}
                id={idOf(seed)}
                type="button"
                role="option"
                class="tile"
                tabIndex={-1}
                aria-selected={seed === chosen}
                style={{ width: `${tile}px`, height: `${tile}px` }}
                onClick={() => set({ seed })}
              >
                <Picture
                  small
                  address={addressOfSample(model, `${seed}`, looks.truncation, looks.label)}
                  alt={`Seed ${seed}`}
                />
              </button>
            ))}
          </div>
        </div>
      </div>
    </section>
  );
}

const idOf = (seed: number) => `seed-${seed}`;

const rowsIn = (columns: number) => Math.min(MOST_ROWS, Math.ceil((MAX_SEED + 1) / columns));

function seedsOf({ first, count, columns }: { first: number; count: number; columns: number }): number[] {
  const begin = first * columns;
  const end = Math.min(MAX_SEED + 1, begin + count * columns);
  return Array.from({ length: Math.max(0, end - begin) }, (_, i) => begin + i);
}

/** How many fit side by side, each enlarged by a whole number so that its pixels stay square. */
function useMeasures(view: { readonly current: HTMLElement | null }, { image }: Model) {
  const [{ width, height }, measure] = useState({ width: 600, height: 480 });
  useLayoutEffect(() => {
    const element = view.current!;
    const observer = new ResizeObserver(() => measure({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const side = Math.max(image!.width, image!.height);
  const tile = side * Math.max(1, Math.round(64 / side));
  return { columns: Math.max(1, Math.floor((width + GAP) / (tile + GAP))), tile, height };
}

interface Layout {
  readonly from: number;
  readonly columns: number;
  readonly tile: number;
  readonly height: number;
}

/** Which rows are near the window. `base`: the row that lies at the top of what can be scrolled. */
function useRows(view: { readonly current: HTMLElement | null }, { from, columns, tile, height }: Layout) {
  const step = tile + GAP;
  const rows = rowsIn(columns);
  const [base, setBase] = useState(0);
  const [top, setTop] = useState(0); // rows, of those that can be scrolled
  const last = Math.ceil((MAX_SEED + 1) / columns) - rows;
  const show = (row: number) => {
    const next = Math.max(0, Math.min(last, row - Math.floor(rows / 2)));
    setBase(next);
    setTop(row - next);
    view.current!.scrollTop = (row - next) * step;
  };
  useLayoutEffect(() => show(Math.floor(from / columns)), [from, columns, step]);
  const scrolled = () => {
    const { scrollTop } = view.current!;
    const row = Math.floor(scrollTop / step);
    const isNearEnd = (row < rows / 10 && base > 0) || (row > 0.9 * rows && base < last);
    if (!isNearEnd) return setTop(row);
    const next = Math.max(0, Math.min(last, base + row - Math.floor(rows / 2)));
    view.current!.scrollTop = scrollTop + (base - next) * step;
    setBase(next);
    setTop(base + row - next);
  };
  /** Scrolls no further than it takes to see a row. */
  const reveal = (row: number) => {
    const element = view.current!;
    const [above, below] = [(row - base) * step, (row - base + 1) * step - height];
    if (Math.abs(row - base - top) > rows / 10) show(row);
    else if (element.scrollTop > above) element.scrollTop = above;
    else if (element.scrollTop < below) element.scrollTop = below;
  };
  const first = Math.max(0, top - AROUND);
  const count = Math.min(rows - first, top - first + Math.ceil(height / step) + AROUND);
  return { base, first, count, scrolled, reveal };
}

/** Arrow keys choose the next sample. */
const STEPS: Readonly<Record<string, (columns: number) => number>> = {
  ArrowLeft: () => -1,
  ArrowRight: () => 1,
  ArrowUp: (columns) => -columns,
  ArrowDown: (columns) => columns,
};
