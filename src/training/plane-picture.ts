// The picture of a game in the plane: on the left D(x) as colours, contours of the data, and samples; on the right
// where the generator's objective pulls each sample. It takes plain numbers: where they come from is the caller's.

import { contourDensity } from 'd3-contour';
import { type Heat, heatMap, type Scale } from '../images/heat.js';
import { arrow, COLOURS, curve, dot, drawn, line, Panel, type Point, shown, text } from '../images/plot.js';

export interface PlaneScene {
  readonly title: string;
  /** Such as "step 4,000". */
  readonly subtitle: string;
  /** What is shown of the plane. */
  readonly window: Square;
  /** `contoursOf` of the data in that window. */
  readonly contours: string;
  readonly samples: readonly Point[];
  /** Where the objective pulls the first samples: how their loss falls fastest. */
  readonly pulls: readonly Point[];
  readonly verdict: Heat;
  /** What the colours are of: D(x), or D's raw output. */
  readonly verdictName: string;
}

export interface Square {
  readonly x: { readonly low: number; readonly high: number };
  readonly y: { readonly low: number; readonly high: number };
}

const WIDTH = 836;
const HEIGHT = 456;
const SIDE = 340;
const TOP = 64;
/** Left edges of the two panels. */
const [LEFT, RIGHT] = [44, 482];
/** Pixels of the longest arrow. */
const REACH = 34;
/** Of the largest density: what contours are drawn at. */
const LEVELS = [0.08, 0.35, 0.7];
/** Pixels over which a point of the data is spread. */
const SPREAD = 5;

export function planePicture(scene: PlaneScene): Promise<Uint8Array> {
  const { window, samples, pulls } = scene;
  const judged = panelAt(LEFT, window);
  const pulled = panelAt(RIGHT, window);
  const marks = [
    text(scene.title, LEFT, 24, { size: 16, weight: 600 }),
    text(scene.subtitle, RIGHT + SIDE, 24, { size: 13, anchor: 'end' }),
    text(`${scene.verdictName}, and samples of the same latents`, LEFT, TOP - 12),
    text('Where the generator’s objective pulls them', RIGHT, TOP - 12),
    judged.image(heatMap(scene.verdict, SIDE, SIDE)),
    judged.clipped(`${at(LEFT, scene.contours)}${samples.map((point) => sampleAt(judged, point)).join('')}`),
    pulled.clipped(`<g opacity="0.45">${at(RIGHT, scene.contours)}</g>${arrows(pulled, samples, pulls)}`),
    judged.axes(),
    pulled.axes(),
    colourBar(scene.verdict.scale),
    legend(scene),
  ];
  return drawn(WIDTH, HEIGHT, marks.join(''));
}

/** Lines of equal density of the data, drawn once for all pictures of a run. */
export function contoursOf(data: readonly Point[], window: Square): string {
  const panel = panelAt(0, window);
  const density = contourDensity<Point>()
    .x((point) => panel.at(point)[0])
    .y((point) => panel.at(point)[1] - TOP)
    .size([SIDE, SIDE])
    .cellSize(2)
    .bandwidth(SPREAD);
  const highest =
    density
      .thresholds(40)(data as Point[])
      .at(-1)?.value ?? 0;
  const contours = density.thresholds(LEVELS.map((level) => level * highest))(data as Point[]);
  const rings = contours.flatMap(({ coordinates }) => coordinates.flat());
  return rings.map((ring) => curve(ring as unknown as Point[], { colour: COLOURS.green, width: 1.2 })).join('');
}

function panelAt(left: number, { x, y }: Square): Panel {
  return new Panel(left, TOP, SIDE, SIDE, x, y);
}

function at(left: number, marks: string): string {
  return `<g transform="translate(${left} ${TOP})">${marks}</g>`;
}

function sampleAt(panel: Panel, point: Point): string {
  return dot(panel.at(point), 1.7, COLOURS.ink, 0.6);
}

function arrows(panel: Panel, samples: readonly Point[], pulls: readonly Point[]): string {
  const scale = REACH / (longest(pulls) || 1);
  return pulls
    .map(([dx, dy], i) => {
      const [x, y] = panel.at(samples[i]!);
      return arrow([x, y], [x + dx * scale, y - dy * scale], COLOURS.vermilion);
    })
    .join('');
}

function longest(pulls: readonly Point[]): number {
  return Math.max(0, ...pulls.map(([dx, dy]) => Math.hypot(dx, dy)));
}

function colourBar(scale: Scale): string {
  const { low, middle, high } = scale;
  const bar = new Panel(LEFT + SIDE + 12, TOP + 40, 12, SIDE - 80, { low: 0, high: 1 }, { low, high });
  const values = Array.from({ length: 200 }, (_, i) => high + ((i + 0.5) / 200) * (low - high));
  const numbers = [low, middle, high].map((value) => {
    const [x, y] = bar.at([1, value]);
    return line([x, y], [x + 4, y]) + text(shown(value), x + 7, y + 4, { size: 11 });
  });
  const border = `<rect x="${bar.left}" y="${bar.top}" width="${bar.width}" height="${bar.height}" fill="none" stroke="${COLOURS.faint}"/>`;
  return bar.image(heatMap({ values, columns: 1, rows: 200, scale }, 12, SIDE - 80)) + border + numbers.join('');
}

function legend({ window, samples, pulls }: PlaneScene): string {
  const y = HEIGHT - 14;
  const outside = samples.filter((point) => !panelAt(0, window).holds(point)).length;
  const beyond = outside === 0 ? '' : `, ${outside} of them outside`;
  return [
    line([LEFT, y - 4], [LEFT + 18, y - 4], { colour: COLOURS.green, width: 1.5 }),
    text('data, equal density', LEFT + 24, y),
    dot([LEFT + 164, y - 4], 2.2, COLOURS.ink, 0.8),
    text(`${samples.length} samples${beyond}`, LEFT + 172, y),
    arrow([RIGHT, y - 4], [RIGHT + 20, y - 4], COLOURS.vermilion),
    text(`downhill of the generator’s loss; the longest ${shown(longest(pulls))}`, RIGHT + 26, y),
  ].join('');
}
