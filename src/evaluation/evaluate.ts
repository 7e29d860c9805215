// Evaluation of a serving checkpoint by published protocols; results join the manifest with protocol, seed and data, so that
// a figure is never without what it was measured on. Runs the checkpoint's own ONNX graphs, never the training code.
import { availableParallelism } from 'node:os';
import { GanymedeError } from '../errors.js';
import { type Manifest, readManifest, writeManifest } from '../models/manifest.js';
import { Context, type ContextOptions } from './context.js';
import { PROTOCOL_NAMES, PROTOCOLS, type ProtocolName } from './protocols.js';

export interface EvaluateOptions extends Omit<ContextOptions, 'seed' | 'threads'> {
  /** A name of PROTOCOLS, or `all` for each that applies to the checkpoint. */
  readonly protocol: ProtocolName | 'all';
  /** 0 without it. */
  readonly seed?: number;
  /** All cores without it. */
  readonly threads?: number;
  readonly date?: Date;
  /** Hears of each result once it is in the manifest. */
  readonly onResult?: (evaluation: Evaluation) => void;
  /** Hears of each protocol that `all` leaves out, and why. */
  readonly onSkipped?: (protocol: ProtocolName, reason: string) => void;
}

export type Evaluation = Manifest['evaluations'][number];

/** Measures, adds each result to the checkpoint's manifest as it comes, and returns them. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation[]> {
  const manifest = await readManifest(options.checkpoint);
  const { seed = 0, threads = availableParallelism() } = options;
  const context = new Context(manifest, { ...options, seed, threads });
  const results: Evaluation[] = [];
  try {
    for (const name of options.protocol === 'all' ? PROTOCOL_NAMES : [options.protocol]) {
      const reason = await PROTOCOLS[name].refuses(context);
      if (reason === null) {
        const measured = await PROTOCOLS[name].measure(context);
        const date = (options.date ?? new Date()).toISOString();
        const evaluation = { protocol: name, seed, ...measured, date };
        await addToManifest(options.checkpoint, evaluation);
        results.push(evaluation);
        options.onResult?.(evaluation);
      } else if (options.protocol === 'all') options.onSkipped?.(name, reason);
      else {
        throw new GanymedeError(
          'CAPABILITY_MISSING',
          `Expected a checkpoint that ${name} can measure, but of ${manifest.model} version ${manifest.version}: ${reason}.`,
        );
      }
    }
  } finally {
    await context.close();
  }
  return results;
}

/** Reads the manifest again: another process may have added its own result while this one was measuring. */
async function addToManifest(checkpoint: string, evaluation: Evaluation): Promise<void> {
  const newest = await readManifest(checkpoint);
  await writeManifest(checkpoint, { ...newest, evaluations: [...newest.evaluations, evaluation] });
}
