// `ganymede fit inpainter` as a long work: train the pair of networks that completes images, measure its exported
// graph, write the next version of the model.
import { GanymedeError } from '../../errors.js';
import { writeFileAtomically } from '../../files/atomic.js';
import { type WorkContext, working } from '../../work.js';
import { COMPLETIONS, type CompletionRow, completionGrid, measureCompletions } from './completions.js';
import { evaluationOf, type FitOptions, openFit } from './fitting.js';
import { completionPreviews, INPAINTER_STEPS, inpaintGraph, trainInpainter } from './inpainter.js';
import { addGraphs } from './version.js';

export interface FitInpainterOptions extends FitOptions {
  readonly steps?: number;
  /** PNG file for a picture of completions. */
  readonly picture?: string;
}

const REPORT_EVERY_STEPS = 100;

/** The path of the new version; null when stopped. */
export function fitInpainter(options: FitInpainterOptions, context?: WorkContext): Promise<string | null> {
  return working(context, async (report) => {
    const { checkpoint, steps = INPAINTER_STEPS, picture } = options;
    const fit = await openFit(options, 'inpainter', { steps }, report);
    const { fixed, train, held, run, seed, threads } = fit;
    if (fixed.tensor !== 'image') {
      throw new GanymedeError(
        'CONFIG_INVALID',
        `Expected a model of images, whose pixels a mask can hide, but ${fixed.manifest.model} makes points.`,
      );
    }
    const pictures = await completionPreviews(fit, steps);
    report.atEnd(() => pictures.dispose());
    const params = await trainInpainter(
      {
        ...{ fixed, data: train, seed, steps, threads, pictures },
        onMeans: (means, step) => {
          if (step % REPORT_EVERY_STEPS !== 0) return;
          const { lossD, lossG, dReal, dFake } = means;
          const text = `step ${step}  loss D ${lossD.toFixed(3)} G ${lossG.toFixed(3)}  D(real) ${dReal.toFixed(2)} D(fake) ${dFake.toFixed(2)}`;
          report.metric('losses', { ...means }, text);
        },
      },
      { run, report },
    );
    const inpaint = inpaintGraph(fixed, params);
    const measured = { fixed, inpaint, held, seed, threads };
    const rows = await measureCompletions(measured, report);
    report.metric('completions', { rows }, [HEADING, ...rows.map(lineOf)].join('\n'));
    if (picture) {
      await writeFileAtomically(picture, await completionGrid(measured));
      report.picture(picture);
    }
    const path = await addGraphs(
      checkpoint,
      {
        out: options.out,
        beside: options.beside,
        graphs: { inpaint },
        evaluation: evaluationOf('inpainter', fit, { steps, completions: COMPLETIONS, rows }),
      },
      report,
    );
    await run.finish();
    report.checkpoint(path);
    report.endsWith({ done: `Checkpoint ${path} has the graph inpaint.` });
    return path;
  });
}

const HEADING = 'hidden             error    of nearest of 8   of mean image   spread   of other images';
/** Widths of the columns under the heading; the last needs none. */
const COLUMNS = [19, 9, 18, 16, 9, 0];

function lineOf({ mask, error, nearest, errorOfMean, spread, spreadOfImages }: CompletionRow): string {
  const columns = [error, nearest, errorOfMean, spread, spreadOfImages].map((value) => value.toFixed(4));
  return [mask, ...columns].map((text, i) => text.padEnd(COLUMNS[i]!)).join('');
}
