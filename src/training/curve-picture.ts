// Curves below each other that share their horizontal axis, as a picture. It takes plain numbers.
import { extent } from 'd3-array';
import { COLOURS, curve, drawn, type Interval, line, Panel, type Point, text } from '../images/plot.js';

export interface Curve {
  readonly name: string;
  /** From left to right. */
  readonly points: readonly Point[];
}

export interface CurveScene {
  /** What runs from left to right. */
  readonly across: string;
  readonly panels: readonly { readonly name: string; readonly curves: readonly Curve[] }[];
}

const WIDTH = 720;
const [LEFT, TOP, ACROSS, UP, BETWEEN] = [64, 60, 630, 150, 52];
const { vermilion, blue, green, orange, ink, faint } = COLOURS;
const OF_CURVES = [blue, vermilion, green, orange, ink, faint];
/** Values of which none is negative, and this many times apart, are shown by their logarithms; 0 as the least other. */
const WIDE = 1000;

export function curvePicture({ across, panels }: CurveScene): Promise<Uint8Array> {
  const steps = interval(panels.flatMap(({ curves }) => curves.flatMap(({ points }) => points.map(([x]) => x))));
  const names = panels[0]?.curves.map(({ name }) => name) ?? [];
  const marks = panels.map(({ name, curves }, i) => panelOf(name, curves, TOP + i * (UP + BETWEEN), steps));
  const bottom = TOP + panels.length * (UP + BETWEEN);
  const axis = text(across, LEFT + ACROSS, bottom - 18, { anchor: 'end', colour: faint });
  return drawn(WIDTH, bottom, [legend(names), ...marks, axis].join(''));
}

function panelOf(name: string, curves: readonly Curve[], top: number, steps: Interval): string {
  const values = curves.flatMap(({ points }) => points.map(([, y]) => y));
  if (values.length === 0) return text(`${name}: none of these runs has it`, LEFT, top - 8, { weight: 600 });
  const [least, most] = extent(values.filter((value) => value !== 0)) as [number, number];
  const logarithmic = least > 0 && most / least > WIDE;
  const shownAs = (value: number) => (logarithmic ? Math.log10(Math.max(value, least)) : value);
  const panel = new Panel(LEFT, top, ACROSS, UP, steps, roomy(interval(values.map(shownAs))));
  const drawnCurves = curves.map(({ points }, i) =>
    points.length === 0
      ? ''
      : curve(
          points.map(([x, y]) => panel.at([x, shownAs(y)])),
          { colour: colourOf(i), width: 1.8 },
        ),
  );
  const title = text(logarithmic ? `${name}, as powers of 10` : name, LEFT, top - 8, { weight: 600 });
  return title + panel.clipped(drawnCurves.join('')) + panel.axes({ across: 8, up: 4 });
}

function legend(names: readonly string[]): string {
  const width = ACROSS / Math.max(1, names.length);
  const marks = names.map((name, i) => {
    const x = LEFT + i * width;
    return line([x, 18], [x + 22, 18], { colour: colourOf(i), width: 2 }) + text(name, x + 28, 22);
  });
  return marks.join('');
}

function colourOf(index: number): string {
  return OF_CURVES[index % OF_CURVES.length]!;
}

function interval(values: readonly number[]): Interval {
  const [low = 0, high = 1] = extent(values);
  return low < high ? { low, high } : { low: low - 0.5, high: high + 0.5 };
}

function roomy({ low, high }: Interval): Interval {
  const room = 0.06 * (high - low);
  return { low: low - room, high: high + room };
}
