// Curves of runs: those of a run that is known are where its reports say, and a refusal names what can be drawn.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { USUAL, writeCurves } from '../../src/training/curves.js';
import { temporaryFolder } from './helpers.js';
import { having, pixelsOf } from './pictures.js';

const BLUE = [0, 114, 178] as const;
const VERMILION = [213, 94, 0] as const;

/** A run whose reports hold these figures, at steps 0, 100, 200, … */
async function runOf(folder: string, name: string, reports: readonly Record<string, number | null>[]): Promise<string> {
  const run = join(folder, name);
  await mkdir(run);
  const lines = reports.map((report, i) => `${JSON.stringify({ step: 100 * i, ...report })}\n`);
  await writeFile(join(run, 'stats.jsonl'), lines.join(''));
  return run;
}

/** Where the middle of what has a colour lies in the panel that begins at `top`, at a tenth and nine tenths across. */
function heightsOf(pixels: Awaited<ReturnType<typeof pixelsOf>>, colour: typeof BLUE | typeof VERMILION, top: number) {
  return [127, 631].map((x) => {
    const marks = having(pixels, colour, [x - 1, top + 2, x + 2, top + 148]).map(([, y]) => y);
    return marks.reduce((sum, y) => sum + y, 0) / marks.length;
  });
}

describe('curves of runs', () => {
  it('has a curve for each run in a panel for each figure, those by their logarithms that span powers of ten', async () => {
    const folder = await temporaryFolder();
    // accuracy rises by 1 and falls by 1; gradientG falls from 1 to 10⁻⁴ and stays at 1: straight lines, all of them.
    const shares = [0, 0.25, 0.5, 0.75, 1];
    const one = await runOf(
      folder,
      'one',
      shares.map((share) => ({ accuracy: share, gradientG: 10 ** (-4 * share) })),
    );
    const other = await runOf(
      folder,
      'other',
      shares.map((share) => ({ accuracy: 1 - share, gradientG: 1, divergence: null })),
    );
    const out = join(folder, 'curves.png');
    await writeCurves({ runs: [one, other], figures: ['accuracy', 'gradientG', 'divergence'], out });
    const pixels = await pixelsOf(await readFile(out));
    // A panel is 150 pixels high with 6 of each 112 parts left free above and below.
    const at = (top: number, share: number) => top + 150 - ((6 + 100 * share) / 112) * 150;
    const [left, right] = heightsOf(pixels, BLUE, 60);
    expect(Math.abs(left! - at(60, 0.1))).toBeLessThan(2);
    expect(Math.abs(right! - at(60, 0.9))).toBeLessThan(2);
    const [otherLeft, otherRight] = heightsOf(pixels, VERMILION, 60);
    expect(Math.abs(otherLeft! - at(60, 0.9))).toBeLessThan(2);
    expect(Math.abs(otherRight! - at(60, 0.1))).toBeLessThan(2);
    const [high, low] = heightsOf(pixels, BLUE, 262);
    expect(Math.abs(high! - at(262, 0.9))).toBeLessThan(2);
    expect(Math.abs(low! - at(262, 0.1))).toBeLessThan(2);
  });

  it('refuses what is no figure, a folder that is no run, and more runs than colours', async () => {
    const folder = await temporaryFolder();
    const run = await runOf(folder, 'run', [{ accuracy: 1 }]);
    const out = join(folder, 'curves.png');
    await expect(writeCurves({ runs: [run], figures: ['acuracy'], out })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('diversity') as string,
    });
    await expect(writeCurves({ runs: [folder], figures: USUAL, out })).rejects.toThrow('has no stats.jsonl');
    await expect(writeCurves({ runs: Array(7).fill(run), figures: USUAL, out })).rejects.toThrow('at most 6 runs');
  });
});
