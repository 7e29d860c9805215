// Points of a model of points: two coordinates as a scatter, one as a histogram. Of more, the first two are shown.

import { useEffect, useRef } from 'preact/hooks';

interface Props {
  readonly points: readonly (readonly number[])[];
  readonly alt: string;
  /** Half the side of what is shown, in the units of the points; left out, as far as the points reach. */
  readonly reach?: number | undefined;
}

/** Pixels of the canvas, whatever its size on the page. */
const SIDE = 360;

export function Points({ points, alt, reach }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    const styles = getComputedStyle(canvas.current!);
    context.clearRect(0, 0, SIDE, SIDE);
    context.fillStyle = styles.getPropertyValue('--accent');
    const most = reach ?? 1.05 * Math.max(1e-6, ...points.flat().map(Math.abs));
    if (points[0]?.length === 1)
      drawHistogram(
        context,
        points.map(([x]) => x!),
        most,
      );
    else drawScatter(context, points, most);
  }, [points, reach]);
  return <canvas ref={canvas} class="points" width={SIDE} height={SIDE} role="img" aria-label={alt} />;
}

function drawScatter(context: CanvasRenderingContext2D, points: Props['points'], most: number): void {
  const place = (value: number) => (SIDE / 2) * (1 + value / most);
  context.globalAlpha = 0.6;
  for (const [x = 0, y = 0] of points) {
    context.beginPath();
    context.arc(place(x), SIDE - place(y), 4, 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
}

const BINS = 40;

function drawHistogram(context: CanvasRenderingContext2D, values: readonly number[], most: number): void {
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) {
    const bin = Math.floor((BINS * (value / most + 1)) / 2);
    if (bin >= 0 && bin < BINS) counts[bin]! += 1;
  }
  const highest = Math.max(1, ...counts);
  const width = SIDE / BINS;
  counts.forEach((count, i) => {
    const height = (0.9 * SIDE * count) / highest;
    context.fillRect(i * width, SIDE - height, width - 1, height);
  });
}
