// `ganymede dataset info` as a long work: opens data of any kind and says what is in it.
import { writeFileAtomically } from '../files/atomic.js';
import { requireWritableFile } from '../files/unusable.js';
import type { Flattening } from '../images/pixels.js';
import { encodePng } from '../images/png.js';
import { type WorkContext, working } from '../work.js';
import { openDataset, within } from './open.js';
import { sheetOf } from './sheet.js';
import { previewOf, type Summary, summaryOf } from './summary.js';

export interface DescribeDatasetOptions {
  /** A path or builtin:<name>, with settings. */
  readonly data: string;
  /** PNG file to write a picture of the data to. */
  readonly preview?: string;
  /** PNG file to write a contact sheet to: examples of each class beside its name. */
  readonly sheet?: string;
}

/** Null when stopped. */
export function describeDataset(options: DescribeDatasetOptions, context?: WorkContext): Promise<Summary | null> {
  return working(context, async (report) => {
    const { data, preview, sheet } = options;
    for (const picture of [preview, sheet]) if (picture) await requireWritableFile(picture);
    report.started(`Reading ${data}.`);
    let [skipped, leftOut, transparent] = [0, 0, 0];
    const opening = within(report);
    const dataset = await openDataset(data, {
      ...opening,
      onSkipped: (name, reason) => {
        skipped++;
        opening.onSkipped(name, reason);
      },
      onAlpha: (count, of, isChosen) => {
        transparent = count;
        opening.onAlpha(count, of, isChosen);
      },
      onLeftOut: (count, reason, names) => {
        leftOut += count;
        opening.onLeftOut(count, reason, names);
      },
    });
    report.throwIfStopped();
    if (preview) await writeFileAtomically(preview, await encodePng(await previewOf(dataset)));
    if (sheet) await writeFileAtomically(sheet, await sheetOf(dataset));
    const damaged = dataset.damaged?.() ?? 0;
    const summary = summaryOf(dataset);
    const told: Told = { skipped, leftOut, damaged, transparent, alpha: dataset.alpha ?? 'kept' };
    report.metric('summary', { ...summary, ...told }, linesOf(summary, told).join('\n'));
    for (const picture of [preview, sheet]) if (picture) report.picture(picture);
    return summary;
  });
}

/** By channels. */
const COLOURS: Readonly<Record<number, string>> = { 1: 'grey', 3: 'colour', 4: 'colour with alpha' };

const BECOMES = { black: 'shown on black', white: 'shown on white', drop: 'dropped', kept: 'kept' } as const;

interface Told {
  readonly skipped: number;
  readonly leftOut: number;
  readonly damaged: number;
  /** Images with alpha, and what became of it. */
  readonly transparent: number;
  readonly alpha: Flattening | 'kept';
}

function linesOf({ name, count, shape, range, classes, sha256 }: Summary, told: Told): string[] {
  const { skipped, leftOut, damaged, transparent, alpha } = told;
  const [channels, height, width] = shape;
  const what =
    shape.length === 3
      ? `images of ${width}×${height} pixels, ${COLOURS[channels!]}`
      : `vectors of ${shape[0]} values in [${range.map((value) => Number(value.toPrecision(4))).join(', ')}]`;
  return [
    `name      ${name}`,
    `examples  ${count.toLocaleString('en-US')} ${what}`,
    ...(skipped > 0 ? [`skipped   ${skipped.toLocaleString('en-US')} that cannot be read or have no label`] : []),
    ...(leftOut > 0 ? [`left out  ${leftOut.toLocaleString('en-US')} that are no part of it`] : []),
    ...(damaged > 0 ? [`damaged   ${damaged.toLocaleString('en-US')} found so far, which are read all the same`] : []),
    ...(transparent > 0
      ? [`alpha     of ${transparent.toLocaleString('en-US')} images, ${BECOMES[alpha]} (alpha=black|white|drop|keep)`]
      : []),
    `sha256    ${sha256}`,
    `classes   ${classes.length === 0 ? 'none' : classes.length}`,
    ...classes.map((of) => `          ${of.name}: ${of.count.toLocaleString('en-US')}`),
  ];
}
