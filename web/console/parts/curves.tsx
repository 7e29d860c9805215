// Lines over the steps of a training, by uPlot. The numbers are also there in words: the last of each line.

import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface Curve {
  readonly name: string;
  readonly at: readonly number[];
  readonly values: readonly number[];
}

interface Props {
  /** What the lines are of. */
  readonly title: string;
  readonly curves: readonly Curve[];
  readonly height?: number;
}

/** Told from each other by eyes of all kinds: Okabe and Ito 2008, those that stand out on light and on dark. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

export function Curves({ title, curves, height = 180 }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const names = curves.map(({ name }) => name).join();
  useEffect(() => {
    const element = place.current!;
    const drawn = new uPlot(optionsOf(curves, { width: element.clientWidth, height }), alignedOf(curves), element);
    plot.current = drawn;
    const fit = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height }));
    fit.observe(element);
    return () => {
      fit.disconnect();
      drawn.destroy();
    };
  }, [names, height]);
  useEffect(() => plot.current?.setData(alignedOf(curves)), [curves]);
  return (
    <figure class="curves">
      <figcaption>{title}</figcaption>
      <div ref={place} role="img" aria-label={`${title}: ${curves.map(lastOf).join(', ')}`} />
    </figure>
  );
}

const lastOf = ({ name, at, values }: Curve) =>
  values.length === 0 ? `${name} has no value yet` : `${name} ${short(values.at(-1)!)} at step ${at.at(-1)}`;

const short = (value: number) => `${Number(value.toPrecision(3))}`;

function optionsOf(curves: readonly Curve[], size: { width: number; height: number }): uPlot.Options {
  const ink = getComputedStyle(document.documentElement).getPropertyValue('--faint');
  const axis = { stroke: ink, grid: { stroke: `${ink}33` }, ticks: { stroke: `${ink}33` } };
  return {
    ...size,
    scales: { x: { time: false } },
    axes: [axis, { ...axis, size: 60 }],
    series: [
      { label: 'step' },
      ...curves.map(({ name }, i) => ({
        label: name,
        stroke: COLOURS[i % COLOURS.length]!,
        width: 1.5,
        spanGaps: true,
      })),
    ],
  };
}

/** uPlot wants all lines over the same steps. */
function alignedOf(curves: readonly Curve[]): uPlot.AlignedData {
  const tables = curves.map(({ at, values }): uPlot.AlignedData => [[...at], [...values]]);
  if (tables.length === 0) return [[]];
  return uPlot.join(tables);
}
