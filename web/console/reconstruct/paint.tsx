// A picture that is painted on, pixel by pixel: by pointer, or by the keyboard, where arrows move the pen and the space
// bar puts it down and lifts it.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Mask, Point, Raster } from './raster';

interface Props {
  readonly raster: Raster;
  readonly mask: Mask;
  readonly label: string;
  /** Where the data's digits lie, drawn as a frame; a share of the side. */
  readonly frame?: number | undefined;
  /** A new stroke begins where `from` is `to`. */
  readonly onStroke: (from: Point, to: Point, isFirst: boolean) => void;
  /** The pen is lifted. */
  readonly onLifted: () => void;
}

/** Pixels of the canvas that a pixel of the picture has, at least so many in all. */
const SIDE = 336;

export function Paint({ raster, mask, label, frame, onStroke, onLifted }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<Point>(undefined);
  const pen = usePen(raster, onStroke, onLifted);
  const zoom = Math.max(1, Math.floor(SIDE / raster.width));
  useEffect(() => {
    draw(canvas.current!, raster, mask, { zoom, frame, pen: pen.place });
  }, [raster, mask, zoom, frame, pen.place]);

  const at = ({ clientX, clientY }: PointerEvent): Point => {
    const { left, top, width, height } = canvas.current!.getBoundingClientRect();
    return { x: ((clientX - left) / width) * raster.width, y: ((clientY - top) / height) * raster.height };
  };
  const lift = () => {
    if (last.current) onLifted();
    last.current = undefined;
  };
  return (
    <>
      <div
        class="paint"
        role="application"
        aria-label={`${label} Arrow keys move the pen, the space bar puts it down and lifts it.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys paint here
        tabIndex={0}
        onKeyDown={pen.onKeyDown}
        onBlur={pen.onBlur}
      >
        <canvas
          ref={canvas}
          width={zoom * raster.width}
          height={zoom * raster.height}
          onPointerDown={(event) => {
            canvas.current!.setPointerCapture(event.pointerId);
            last.current = at(event);
            onStroke(last.current, last.current, true);
          }}
          onPointerMove={(event) => {
            if (!last.current) return;
            for (const each of event.getCoalescedEvents?.() ?? [event]) {
              const to = at(each);
              onStroke(last.current, to, false);
              last.current = to;
            }
          }}
          onPointerUp={lift}
          onPointerCancel={lift}
        />
      </div>
      <p class="visually-hidden" role="status">
        {pen.words}
      </p>
    </>
  );
}

/** The pen of the keyboard. It is seen once a key has moved it. */
function usePen({ width, height }: Raster, onStroke: Props['onStroke'], onLifted: () => void) {
  const [place, setPlace] = useState<Point & { readonly isDown: boolean }>();
  const moves: Readonly<Record<string, readonly [number, number]>> = {
    ...{ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] },
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const now = place ?? { x: Math.floor(width / 2) + 0.5, y: Math.floor(height / 2) + 0.5, isDown: false };
    const move = moves[event.key];
    if (move) {
      const bounded = (value: number, most: number) => Math.min(most - 0.5, Math.max(0.5, value));
      const next = { ...now, x: bounded(now.x + move[0], width), y: bounded(now.y + move[1], height) };
      if (now.isDown) onStroke(now, next, false);
      setPlace(next);
    } else if (event.key === ' ' || event.key === 'Enter') {
      if (now.isDown) onLifted();
      else onStroke(now, now, true);
      setPlace({ ...now, isDown: !now.isDown });
    } else return;
    event.preventDefault();
  };
  const onBlur = () => {
    if (place?.isDown) onLifted();
    setPlace(undefined);
  };
  const words = place
    ? `Pen ${place.isDown ? 'down' : 'up'}, column ${Math.ceil(place.x)}, row ${Math.ceil(place.y)}`
    : '';
  return { place, onKeyDown, onBlur, words };
}

interface Look {
  readonly zoom: number;
  readonly frame: number | undefined;
  readonly pen: Point | undefined;
}

const HIDDEN = '#b07cff';

function draw(canvas: HTMLCanvasElement, raster: Raster, mask: Mask, { zoom, frame, pen }: Look): void {
  const context = canvas.getContext('2d')!;
  const { width, height } = raster;
  const small = new OffscreenCanvas(width, height);
  small.getContext('2d')!.putImageData(new ImageData(raster.data, width, height), 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, zoom * width, zoom * height);
  context.fillStyle = HIDDEN;
  for (const [pixel, isHidden] of mask.entries()) {
    if (isHidden) context.fillRect((pixel % width) * zoom, Math.floor(pixel / width) * zoom, zoom, zoom);
  }
  context.lineWidth = 1;
  if (frame !== undefined) {
    context.strokeStyle = '#888888';
    context.setLineDash([4, 4]);
    const [w, h] = [frame * zoom * width, frame * zoom * height];
    context.strokeRect((zoom * width - w) / 2, (zoom * height - h) / 2, w, h);
    context.setLineDash([]);
  }
  if (pen) {
    context.strokeStyle = '#ff4d4d';
    context.lineWidth = 2;
    context.strokeRect(Math.floor(pen.x) * zoom, Math.floor(pen.y) * zoom, zoom, zoom);
  }
}
