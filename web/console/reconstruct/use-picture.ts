// The picture that is on the easel: what it was before, what is hidden of it, and the pen.

import { useRef, useState } from 'preact/hooks';
import { blank, isBlank, type Mask, marked, type Point, type Raster, type Size, stroked } from './raster';

export type Pen = 'draw' | 'erase' | 'hide';

interface State {
  readonly raster: Raster;
  readonly mask: Mask;
  /** Before erasing began; null where nothing was erased since it was drawn or taken. */
  readonly whole: Raster | null;
}

export interface Picture extends State {
  /** As it was when the pen was lifted, or something else was done: what takes a while is asked about this. */
  readonly settled: Pick<State, 'raster' | 'mask'>;
  readonly pen: Pen;
  readonly setPen: (pen: Pen) => void;
  /** Of the pen, in pixels of the picture. */
  readonly width: number;
  readonly setWidth: (width: number) => void;
  readonly stroke: (from: Point, to: Point, isFirst: boolean) => void;
  readonly lift: () => void;
  /** By another picture. */
  readonly replace: (raster: Raster) => void;
  readonly hide: (isHidden: (x: number, y: number) => boolean) => void;
  readonly clear: () => void;
  readonly canUndo: boolean;
  readonly undo: () => void;
}

/** That can be undone. */
const KEPT = 50;

const WHITE = 255;

const emptyOf = (size: Size): State => ({
  raster: blank(size),
  mask: new Uint8Array(size.width * size.height),
  whole: null,
});

export function usePicture({ width: columns, height: rows }: Size): Picture {
  const [state, setState] = useState(() => emptyOf({ width: columns, height: rows }));
  const [settled, setSettled] = useState<State>(state);
  const [before, setBefore] = useState<readonly State[]>([]);
  const [pen, setPen] = useState<Pen>('draw');
  const [width, setWidth] = useState(3);
  /** A pen moves more often than the page is drawn. */
  const newest = useRef(state);

  const show = (next: State) => {
    newest.current = next;
    setState(next);
  };
  const keep = () => {
    const now = newest.current;
    setBefore((all) => [...all.slice(1 - KEPT), now]);
  };
  const become = (next: State) => {
    keep();
    show(next);
    setSettled(next);
  };
  return {
    ...{ ...state, settled, pen, setPen, width, setWidth },
    stroke(from, to, isFirst) {
      if (isFirst) keep();
      show(changed(newest.current, pen, from, to, width));
    },
    lift: () => setSettled(newest.current),
    replace: (raster) => become({ raster, mask: new Uint8Array(columns * rows), whole: null }),
    hide(isHidden) {
      const mask = state.mask.map((_, pixel) => (isHidden(pixel % columns, Math.floor(pixel / columns)) ? 1 : 0));
      become({ ...newest.current, mask });
    },
    clear: () => become(emptyOf(state.raster)),
    canUndo: before.length > 0,
    undo() {
      const last = before.at(-1);
      if (!last) return;
      setBefore(before.slice(0, -1));
      show(last);
      setSettled(last);
    },
  };
}

function changed(state: State, pen: Pen, from: Point, to: Point, width: number): State {
  const { raster, mask, whole } = state;
  switch (pen) {
    case 'draw':
      return { ...state, raster: stroked(raster, from, to, { radius: width / 2, level: WHITE }), whole: null };
    case 'erase': {
      const began = whole ?? (isBlank(raster) ? null : raster);
      return { ...state, raster: stroked(raster, from, to, { radius: width / 2, level: 0 }), whole: began };
    }
    case 'hide':
      return { ...state, mask: marked(mask, raster, from, to, Math.max(0.75, width / 2), 1) };
    default:
      return pen satisfies never;
  }
}
