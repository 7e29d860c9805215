// A game drawn on a canvas, with what its colours and marks mean; what it shows is there in words, too.

import { useEffect, useRef, useState } from 'preact/hooks';
import { type Colours, DATA_COLOUR, drawScene, type Layers, SIDE } from './draw';
import type { Scene } from './scene';

interface Props {
  readonly scene: Scene;
  readonly layers: Layers;
  /** What is to be seen. */
  readonly alt: string;
}

export function Game({ scene, layers, alt }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const isDark = useDark();
  useEffect(() => {
    const styles = getComputedStyle(document.documentElement);
    const colour = (name: string) => styles.getPropertyValue(name).trim();
    const colours: Colours = { paper: colour('--paper'), ink: colour('--ink'), faint: colour('--faint') };
    drawScene(canvas.current!.getContext('2d')!, scene, layers, colours);
  }, [scene, layers, isDark]);
  return (
    <figure class="game">
      <canvas ref={canvas} width={SIDE} height={SIDE} role="img" aria-label={alt} />
      <figcaption>
        <Legend scene={scene} layers={layers} />
      </figcaption>
    </figure>
  );
}

function Legend({ scene: { size, verdict, arrows, map }, layers }: Pick<Props, 'scene' | 'layers'>) {
  return (
    <ul class="legend">
      {layers.data && (
        <li>
          <Mark colour={DATA_COLOUR} /> {size === 1 ? 'density of the data' : 'data'}
        </li>
      )}
      {layers.samples && (
        <li>
          <span class="mark ink" /> {size === 1 ? 'density of samples' : 'samples'}
        </li>
      )}
      {layers.verdict && verdict && (
        <li>
          {size === 1 ? <span class="mark blue" /> : <span class="ramp" />} {verdict.name}:{' '}
          {verdict.scale.map(short).join(' – ')}
        </li>
      )}
      {layers.arrows && arrows && (
        <li>
          <span class="mark pull" /> {arrows.name}
        </li>
      )}
      {layers.map && map && (
        <li>
          <span class="mark net" /> equal shares of z, where they come to lie
        </li>
      )}
    </ul>
  );
}

const short = (value: number) => `${Number(value.toPrecision(2))}`;

const Mark = ({ colour }: { colour: string }) => {
  const mark = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    mark.current!.style.background = colour;
  }, [colour]);
  return <span ref={mark} class="mark" />;
};

const DARK = matchMedia('(prefers-color-scheme: dark)');

function useDark(): boolean {
  const [isDark, set] = useState(DARK.matches);
  useEffect(() => {
    const hear = () => set(DARK.matches);
    DARK.addEventListener('change', hear);
    return () => DARK.removeEventListener('change', hear);
  }, []);
  return isDark;
}
