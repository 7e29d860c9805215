// `ganymede fit inpainter` as a long work: train the pair of networks that completes images, measure its exported
// graph, write the next version of the model.
import { readWeights } from '../../engine/onnx.js';
import { GanymedeError } from '../../errors.js';
import { FeatureNet, shippedNetFor } from '../../evaluation/features.js';
import { writeFileAtomically } from '../../files/atomic.js';
import { requireWritableFile } from '../../files/unusable.js';
import { imageOf } from '../../models/example.js';
import { openCheckpoint } from '../../models/verified.js';
import { type WorkContext, working } from '../../work.js';
import type { Weights } from '../fine-tuning.js';
import { COMPLETIONS, type CompletionRow, completionGrid, measureCompletions } from './completions.js';
import { AS_TRAINED, type Demands, evaluationOf, type FitOptions, type OpenFit, openFit } from './fitting.js';
import { completionPreviews, INPAINTER_STEPS, inpaintGraph, trainInpainter } from './inpainter.js';
import { addGraphs } from './version.js';

export interface FitInpainterOptions extends FitOptions {
  readonly steps?: number;
  /** Directory of a version of the model whose inpainter is trained further; a fresh one without it. */
  readonly from?: string;
  /** PNG file for a picture of completions. */
  readonly picture?: string;
  /** ONNX file of a classifier that reads completions; the shipped one of MNIST where the data has its classes. */
  readonly features?: string;
}

const REPORT_EVERY_STEPS = 100;

/** The path of the new version; null when stopped. */
export function fitInpainter(options: FitInpainterOptions, context?: WorkContext): Promise<string | null> {
  return working(context, async (report) => {
    const { checkpoint, steps = INPAINTER_STEPS, picture } = options;
    const from = options.from === undefined ? undefined : await inpainterOf(options.from);
    if (picture) await requireWritableFile(picture);
    const settings = { steps, ...(from && { from: from.sha256 }) };
    const fit = await openFit(options, 'inpainter', settings, report, inpainterDemands(options));
    const { fixed, train, held, run, seed, threads, device } = fit;
    const reader = await readerFor(options, fit);
    report.atEnd(async () => reader?.close());
    const pictures = await completionPreviews(fit, steps);
    report.atEnd(() => pictures.dispose());
    const params = await trainInpainter(
      {
        ...{ fixed, data: train, seed, steps, threads, device, pictures, start: from },
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
    const measured = { fixed, inpaint, held, seed, threads, reader };
    const rows = await measureCompletions(measured, report);
    report.metric('completions', { rows }, [headingOf(reader), ...rows.map(lineOf)].join('\n'));
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
        evaluation: evaluationOf('inpainter', fit, {
          steps,
          ...(from && { from: from.source }),
          completions: COMPLETIONS,
          rows,
          ...readBy(reader),
        }),
      },
      report,
    );
    await run.finish();
    report.checkpoint(path);
    report.endsWith({ done: `Checkpoint ${path} has the graph inpaint.` });
    return path;
  });
}

/** Images, and of what --features names that it knows the classes of the data. */
export function inpainterDemands(options: FitInpainterOptions): Demands {
  return {
    ...AS_TRAINED,
    async meets(fixed, dataset) {
      if (fixed.tensor !== 'image') {
        throw new GanymedeError(
          'CONFIG_INVALID',
          `Expected a model of images, whose pixels a mask can hide, but ${fixed.manifest.model} makes points.`,
        );
      }
      await (await readerFor(options, { fixed, dataset, threads: 1 }))?.close();
    },
  };
}

async function inpainterOf(directory: string): Promise<Weights & { readonly sha256: string }> {
  const checkpoint = await openCheckpoint(directory);
  const { model, version, graphs, files } = checkpoint.manifest;
  const newest = readWeights(await checkpoint.graph('inpaint'));
  const { sha256 } = files[graphs.inpaint!.file]!;
  return { source: `${model} version ${version}`, sha256, newest, average: newest };
}

/**
 * A classifier of the very classes of the data, or null where none was named and the shipped one is none.
 * @throws GanymedeError CONFIG_INVALID for one that was named and knows other classes
 */
async function readerFor(
  { features }: FitInpainterOptions,
  { fixed, dataset, threads }: Pick<OpenFit, 'fixed' | 'dataset' | 'threads'>,
) {
  const file = features ?? shippedNetFor(imageOf(fixed.manifest));
  if (!file) return null;
  const net = await FeatureNet.open(file, threads);
  const { labels, outputs, name } = net.manifest;
  const classes = dataset.classes?.join();
  if (outputs.logits !== undefined && labels !== undefined && labels.join() === classes) return net;
  await net.close();
  if (features === undefined) return null;
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected --features with a classifier of the classes ${classes ?? 'of labelled data'} but ${name} knows ${labels?.join() ?? 'none'}.`,
  );
}

function readBy(reader: FeatureNet | null) {
  return reader ? { reader: { name: reader.manifest.name, sha256: reader.manifest.sha256 } } : {};
}

function headingOf(reader: FeatureNet | null): string {
  const heading = 'hidden             error    of nearest of 8   of mean image   spread   of other images';
  return reader ? `${heading}   read as the original by ${reader.manifest.name} (mean image)` : heading;
}

/** Widths of the columns under the heading; the last needs none. */
const COLUMNS = [19, 9, 18, 16, 9, 18, 0];

function lineOf({ mask, error, nearest, errorOfMean, spread, spreadOfImages, ...reading }: CompletionRow): string {
  const columns = [error, nearest, errorOfMean, spread, spreadOfImages].map((value) => value.toFixed(4));
  const { read, readOfMean } = reading;
  const share = (value: number) => `${(100 * value).toFixed(1)} %`;
  if (read !== undefined && readOfMean !== undefined) columns.push(`${share(read)} (${share(readOfMean)})`);
  return [mask, ...columns]
    .map((text, i) => text.padEnd(COLUMNS[i]!))
    .join('')
    .trimEnd();
}
