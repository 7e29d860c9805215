// Evaluation of a serving checkpoint by published protocols. Each result is written beside the version, with protocol,
// seed and data, so that a figure is never without what it was measured on. Runs the checkpoint's own ONNX graphs.
import { availableParallelism } from 'node:os';
import { GanymedeError } from '../errors.js';
import { addEvaluation, type Evaluation } from '../models/evaluations.js';
import type { Manifest } from '../models/manifest.js';
import { openCheckpoint } from '../models/verified.js';
import { type WorkContext, working } from '../work.js';
import { type Verdict, verdictOn } from './guard.js';
import { Material, type MaterialOptions } from './material.js';
import { PROTOCOL_NAMES, PROTOCOLS, type ProtocolName } from './protocols.js';

export interface EvaluateOptions extends Omit<MaterialOptions, 'seed' | 'threads'> {
  /** Folder of one version. */
  readonly checkpoint: string;
  /** A name of PROTOCOLS, or `all` for each that applies to the checkpoint; `parzen` without it. */
  readonly protocol?: string;
  /** 0 without it. */
  readonly seed?: number;
  /** All cores without it. */
  readonly threads?: number;
  readonly date?: Date;
}

/** Measures, keeps each result as it comes, and returns them; null when stopped, with those made so far kept. */
export function evaluate(options: EvaluateOptions, context?: WorkContext): Promise<Evaluation[] | null> {
  return working(context, async (report) => {
    const { seed = 0, threads = availableParallelism(), protocol = 'parzen' } = options;
    const names = protocolsOf(protocol);
    const checkpoint = await openCheckpoint(options.checkpoint);
    const { manifest } = checkpoint;
    const material = new Material(checkpoint, { ...options, seed, threads }, report);
    const results: Evaluation[] = [];
    report.started(`Measuring ${manifest.model} version ${manifest.version} on ${options.data}.`);
    try {
      await material.split();
      for (const name of names) {
        report.throwIfStopped();
        const verdict = await verdictFor(name, material);
        if (verdict && 'refusal' in verdict) {
          if (protocol !== 'all') throw verdict.refusal;
          const { reason } = verdict;
          report.metric('left-out', { protocol: name, reason }, `${name}: left out, because ${reason}`);
          continue;
        }
        if (verdict) report.warning('few-examples', `${name}: ${verdict.warning}`);
        const { figures, dataset } = await PROTOCOLS[name].measure(material);
        const date = (options.date ?? new Date()).toISOString();
        const about = { ...dataset, ...(await material.provenance()), ...(verdict ? { few: verdict.warning } : {}) };
        const evaluation = { protocol: name, seed, dataset: about, figures, date };
        await addEvaluation(options.checkpoint, evaluation);
        results.push(evaluation);
        report.metric(name, figures, lineOf(name, evaluation));
      }
    } finally {
      await material.close();
    }
    return results;
  });
}

/** Refuses, before anything is measured, what the work would refuse. */
export async function checkMeasurable(options: EvaluateOptions): Promise<Manifest> {
  const { seed = 0, threads = 1, protocol = 'parzen' } = options;
  const names = protocolsOf(protocol);
  const checkpoint = await openCheckpoint(options.checkpoint);
  const material = new Material(checkpoint, { ...options, seed, threads });
  try {
    await material.split();
    const verdict = protocol === 'all' ? null : await verdictFor(names[0]!, material);
    if (verdict && 'refusal' in verdict) throw verdict.refusal;
  } finally {
    await material.close();
  }
  return checkpoint.manifest;
}

/** Whether the protocol applies to the checkpoint at all, and if so whether there are enough examples for it. */
async function verdictFor(name: ProtocolName, material: Material): Promise<Verdict> {
  const protocol = PROTOCOLS[name];
  const reason = await protocol.refuses(material);
  if (reason !== null) return { refusal: cannotMeasure(name, material.manifest, reason), reason };
  const samples = protocol.samples && (material.options.samples ?? protocol.samples);
  return verdictOn(await protocol.needs(material), samples);
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
