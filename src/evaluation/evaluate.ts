// Evaluation of a serving checkpoint by published protocols; results join the manifest with protocol, seed and data, so that
// a figure is never without what it was measured on. Runs the checkpoint's own ONNX graphs, never the training code.
import { availableParallelism } from 'node:os';
import { GanymedeError } from '../errors.js';
import { type Manifest, readManifest, writeManifest } from '../models/manifest.js';
import { type WorkContext, working } from '../work.js';
import { Context, type ContextOptions } from './context.js';
import { PROTOCOL_NAMES, PROTOCOLS, type ProtocolName } from './protocols.js';

export interface EvaluateOptions extends Omit<ContextOptions, 'seed' | 'threads'> {
  /** A name of PROTOCOLS, or `all` for each that applies to the checkpoint; `parzen` without it. */
  readonly protocol?: string;
  /** 0 without it. */
  readonly seed?: number;
  /** All cores without it. */
  readonly threads?: number;
  readonly date?: Date;
}

export type Evaluation = Manifest['evaluations'][number];

/** Measures, keeps each result as it comes, and returns them: those made so far where it is stopped between two. */
export function evaluate(options: EvaluateOptions, context?: WorkContext): Promise<Evaluation[] | null> {
  return working(context, async (report) => {
    const { seed = 0, threads = availableParallelism(), protocol = 'parzen' } = options;
    const names = protocolsOf(protocol);
    const manifest = await readManifest(options.checkpoint);
    const shared = new Context(manifest, { ...options, seed, threads });
    const results: Evaluation[] = [];
    report.started(`Measuring ${manifest.model} version ${manifest.version} on ${options.data}.`);
    report.phase('protocols', 'protocols', names.length);
    try {
      for (const [i, name] of names.entries()) {
        if (report.stopped) {
          report.early = true;
          break;
        }
        const reason = await PROTOCOLS[name].refuses(shared);
        if (reason === null) {
          const measured = await PROTOCOLS[name].measure(shared);
          const date = (options.date ?? new Date()).toISOString();
          const evaluation = { protocol: name, seed, ...measured, date };
          await addToManifest(options.checkpoint, evaluation);
          results.push(evaluation);
          report.metric(name, evaluation.figures, lineOf(name, evaluation));
        } else if (protocol === 'all')
          report.metric('left-out', { protocol: name, reason }, `${name}: left out, because ${reason}`);
        else throw cannotMeasure(name, manifest, reason);
        report.progress(i + 1);
      }
    } finally {
      await shared.close();
    }
    return results;
  });
}

function protocolsOf(name: string): readonly ProtocolName[] {
  if (name === 'all') return PROTOCOL_NAMES;
  const found = PROTOCOL_NAMES.find((known) => known === name);
  if (found) return [found];
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected a protocol among ${PROTOCOL_NAMES.join(', ')}, all but received "${name}".`,
  );
}

function lineOf(name: ProtocolName, { figures, dataset }: Evaluation): string {
  const note = dataset['note'] === undefined ? '' : ` ${dataset['note']}`;
  return `${name}: ${PROTOCOLS[name].describe(figures)}${note}`;
}

function cannotMeasure(name: ProtocolName, { model, version }: Manifest, reason: string): GanymedeError {
  return new GanymedeError(
    'CAPABILITY_MISSING',
    `Expected a checkpoint that ${name} can measure, but of ${model} version ${version}: ${reason}.`,
  );
}

/** Reads the manifest again: another process may have added its own result while this one was measuring. */
async function addToManifest(checkpoint: string, evaluation: Evaluation): Promise<void> {
  const newest = await readManifest(checkpoint);
  await writeManifest(checkpoint, { ...newest, evaluations: [...newest.evaluations, evaluation] });
}
