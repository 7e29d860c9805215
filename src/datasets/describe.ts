// `ganymede dataset info` as a long work: opens data of any kind and says what is in it.
import { writeFileAtomically } from '../files/atomic.js';
import { requireWritableFile } from '../files/unusable.js';
import { encodePng } from '../images/png.js';
import { type WorkContext, working } from '../work.js';
import { openDataset, within } from './open.js';
import { previewOf, type Summary, summaryOf } from './summary.js';

export interface DescribeDatasetOptions {
  /** A path or builtin:<name>, with settings. */
  readonly data: string;
  /** PNG file to write a picture of the data to. */
  readonly preview?: string;
}

/** Null when stopped. */
export function describeDataset(options: DescribeDatasetOptions, context?: WorkContext): Promise<Summary | null> {
  return working(context, async (report) => {
    const { data, preview } = options;
    if (preview) await requireWritableFile(preview);
    report.started(`Reading ${data}.`);
    let [skipped, leftOut] = [0, 0];
    const opening = within(report);
    const dataset = await openDataset(data, {
      ...opening,
      onSkipped: (name, reason) => {
        skipped++;
        opening.onSkipped(name, reason);
      },
      onLeftOut: (count, reason, names) => {
        leftOut += count;
        opening.onLeftOut(count, reason, names);
      },
    });
    report.throwIfStopped();
    const summary = summaryOf(dataset);
    report.metric('summary', { ...summary, skipped, leftOut }, linesOf(summary, skipped, leftOut).join('\n'));
    if (preview) {
      await writeFileAtomically(preview, await encodePng(await previewOf(dataset)));
      report.picture(preview);
    }
    return summary;
  });
}

function linesOf({ name, count, shape, range, classes, sha256 }: Summary, skipped: number, leftOut: number): string[] {
  const [channels, height, width] = shape;
  const what =
    shape.length === 3
      ? `images of ${width}×${height} pixels, ${channels === 1 ? 'grey' : 'colour'}`
      : `vectors of ${shape[0]} values in [${range.map((value) => Number(value.toPrecision(4))).join(', ')}]`;
  return [
    `name      ${name}`,
    `examples  ${count.toLocaleString('en-US')} ${what}`,
    ...(skipped > 0 ? [`skipped   ${skipped.toLocaleString('en-US')} that cannot be read or have no label`] : []),
    ...(leftOut > 0 ? [`left out  ${leftOut.toLocaleString('en-US')} that are no part of it`] : []),
    `sha256    ${sha256}`,
    `classes   ${classes.length === 0 ? 'none' : classes.length}`,
    ...classes.map((of) => `          ${of.name}: ${of.count.toLocaleString('en-US')}`),
  ];
}
