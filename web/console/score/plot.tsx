// A plot by uPlot that is as wide as its place, redrawn in the colours of the page. What it shows is also there in
// words: `words` is read out in its stead.

import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

interface Props {
  readonly title: string;
  readonly words: string;
  readonly data: uPlot.AlignedData;
  /** Without width and height. `ink` is the colour of axes. */
  readonly options: (ink: Ink) => Omit<uPlot.Options, 'width' | 'height'>;
  readonly height?: number;
}

export interface Ink {
  readonly faint: string;
  readonly accent: string;
}

export function Plot({ title, words, data, options, height = 220 }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current!;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    let drawn = draw();
    function draw() {
      return new uPlot({ ...options(inkOf(element)), width: element.clientWidth, height }, data, element);
    }
    const again = () => {
      drawn.destroy();
      drawn = draw();
    };
    const fit = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height }));
    fit.observe(element);
    dark.addEventListener('change', again);
    return () => {
      fit.disconnect();
      dark.removeEventListener('change', again);
      drawn.destroy();
    };
  }, [data, options, height]);
  return (
    <figure class="plot">
      <figcaption>{title}</figcaption>
      <div ref={place} role="img" aria-label={words} />
    </figure>
  );
}

function inkOf(element: Element): Ink {
  const styles = getComputedStyle(element);
  return { faint: styles.getPropertyValue('--faint').trim(), accent: styles.getPropertyValue('--accent').trim() };
}

export function axisOf({ faint }: Ink, label: string): uPlot.Axis {
  const lines = { stroke: `${faint}33`, width: 1 };
  return {
    stroke: faint,
    grid: lines,
    ticks: lines,
    label,
    labelSize: 20,
    font: '12px system-ui',
    labelFont: '12px system-ui',
  };
}
