// The picture of a game on the line, after Figure 1 of Goodfellow et al. 2014: densities of data and samples, D(x), and
// below them the map from z to x, as arrows from one line to another. It takes plain numbers.

import type { Scale } from '../images/heat.js';
import { arrow, COLOURS, curve, drawn, type Interval, line, Panel, type Point, shown, text } from '../images/plot.js';

export interface LineScene {
  readonly title: string;
  /** Such as "step 4,000". */
  readonly subtitle: string;
  readonly window: Interval;
  /** Each at `places` of the window. */
  readonly places: readonly number[];
  readonly data: readonly number[];
  readonly samples: readonly number[];
  readonly verdict: readonly number[];
  readonly scale: Scale;
  /** What the dashed curve is of: D(x), or D's raw output. */
  readonly verdictName: string;
  /** z and what it becomes, where z is one number; otherwise samples alone. */
  readonly map: readonly { readonly z: number | null; readonly x: number; readonly pull: number }[];
  /** What is shown of z. */
  readonly latents: Interval;
}

const WIDTH = 720;
const HEIGHT = 480;
const [LEFT, TOP, ACROSS, UP] = [48, 64, 612, 236];
/** Where the lines of x and z lie. */
const [LINE_X, LINE_Z] = [368, 436];
/** Pixels of the longest pull. */
const REACH = 30;
/** The densities fill so much of the height where the samples are like the data. */
const FILLED = 0.6;

export function linePicture(scene: LineScene): Promise<Uint8Array> {
  const { window, places, data, samples, verdict, scale } = scene;
  const top = Math.max(...data) / FILLED;
  const densities = new Panel(LEFT, TOP, ACROSS, UP, window, { low: 0, high: top });
  const verdicts = new Panel(LEFT, TOP, ACROSS, UP, window, { low: scale.low, high: scale.high });
  const through = (panel: Panel, values: readonly number[]) =>
    values.map((value, i) => panel.at([places[i]!, Math.min(value, 1e6)]));
  const marks = [
    text(scene.title, LEFT, 24, { size: 16, weight: 600 }),
    text(scene.subtitle, LEFT + ACROSS, 24, { size: 13, anchor: 'end' }),
    legend(scene),
    line(verdicts.at([window.low, scale.middle]), verdicts.at([window.high, scale.middle]), { colour: COLOURS.line }),
    densities.clipped(
      [
        area(densities, through(densities, data)),
        curve(through(densities, data), { colour: COLOURS.ink, width: 1.6, dashes: '1.5 3' }),
        curve(through(densities, samples), { colour: COLOURS.green, width: 2 }),
        curve(through(verdicts, verdict), { colour: COLOURS.blue, width: 2, dashes: '7 4' }),
      ].join(''),
    ),
    densities.axes({ across: 8 }),
    ...[scale.low, scale.middle, scale.high].map((value) => numberOfVerdict(verdicts, value)),
    mapping(scene),
  ];
  return drawn(WIDTH, HEIGHT, marks.join(''));
}

function area(panel: Panel, points: readonly Point[]): string {
  const closed = [...points, [panel.right, panel.bottom] as const, [panel.left, panel.bottom] as const];
  return `<path d="M${closed.map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`).join('L')}Z" fill="${COLOURS.ink}" fill-opacity="0.07"/>`;
}

function numberOfVerdict(panel: Panel, value: number): string {
  const [x, y] = panel.at([panel.x.high, value]);
  const style = { colour: COLOURS.blue };
  return line([x, y], [x + 4, y], style) + text(shown(value), x + 7, y + 4, { size: 11, ...style });
}

function legend({ verdictName, map }: LineScene): string {
  const y = TOP - 18;
  // “D’s output V(x)” takes more room than “D(x)”.
  const [a, b, c, d] = [LEFT, LEFT + 104, LEFT + 222, LEFT + (verdictName.length > 6 ? 352 : 322)];
  return [
    line([a, y - 4], [a + 20, y - 4], { colour: COLOURS.ink, width: 1.6, dashes: '1.5 3' }),
    text('data p(x)', a + 26, y),
    line([b, y - 4], [b + 20, y - 4], { colour: COLOURS.green, width: 2 }),
    text('samples q(x)', b + 26, y),
    line([c, y - 4], [c + 20, y - 4], { colour: COLOURS.blue, width: 2, dashes: '7 4' }),
    text(verdictName, c + 26, y),
    arrow([d, y - 4], [d + 20, y - 4], COLOURS.vermilion),
    text(`downhill of the generator’s loss; the longest ${shown(longest(map))}`, d + 26, y),
  ].join('');
}

/** From the line of z up to the line of x; the pull on each x lies along its line. */
function mapping({ map, window, latents }: LineScene): string {
  const across = new Panel(LEFT, TOP, ACROSS, UP, window, { low: 0, high: 1 });
  const below = new Panel(LEFT, TOP, ACROSS, UP, latents, { low: 0, high: 1 });
  const scale = REACH / (longest(map) || 1);
  const shownOf = map.filter(({ x }) => across.holds([x, 0]));
  const marks = shownOf.map(({ z, x, pull }) => {
    const [px] = across.at([x, 0]);
    const from = z === null ? '' : arrow([below.at([z, 0])[0], LINE_Z], [px, LINE_X + 2], COLOURS.faint, 1);
    return from + arrow([px, LINE_X - 9], [px + pull * scale, LINE_X - 9], COLOURS.vermilion, 1.1);
  });
  const lines = (z: boolean) => [
    line([LEFT, LINE_X], [LEFT + ACROSS, LINE_X], { colour: COLOURS.ink }),
    text('x', LEFT - 22, LINE_X + 4, { size: 13 }),
    ...(z ? zLine(latents) : []),
  ];
  return [...marks, ...lines(map.some(({ z }) => z !== null))].join('');
}

function zLine({ low, high }: Interval): string[] {
  return [
    line([LEFT, LINE_Z], [LEFT + ACROSS, LINE_Z], { colour: COLOURS.ink }),
    text('z', LEFT - 22, LINE_Z + 4, { size: 13 }),
    text(shown(low), LEFT, LINE_Z + 18, { size: 11 }),
    text(shown(high), LEFT + ACROSS, LINE_Z + 18, { size: 11, anchor: 'end' }),
  ];
}

function longest(map: LineScene['map']): number {
  return Math.max(0, ...map.map(({ pull }) => Math.abs(pull)));
}
