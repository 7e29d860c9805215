// Evaluation of a serving checkpoint by published protocols. Each result is written beside the version, with protocol,
// seed and data, so that a figure is never without what it was measured on. Runs the checkpoint's own ONNX graphs.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { GanymedeError } from '../errors.js';
import { requireWritable, requireWritableFile } from '../files/unusable.js';
import { addEvaluation, EVALUATIONS, type Evaluation } from '../models/evaluations.js';
import type { Manifest } from '../models/manifest.js';
import { openCheckpoint } from '../models/verified.js';
import { type WorkContext, working } from '../work.js';
import { type Verdict, verdictOn } from './guard.js';
import { Material, type MaterialOptions } from './material.js';
import { HEEDED } from './protocol.js';
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

const USUAL = 'parzen';

/** Measures, keeps each result as it comes, and returns them; null when stopped, with those made so far kept. */
export function evaluate(options: EvaluateOptions, context?: WorkContext): Promise<Evaluation[] | null> {
  return working(context, async (report) => {
    const { seed = 0, threads = availableParallelism(), protocol = USUAL } = options;
    const names = protocolsOf(protocol);
    refuseIgnored(options);
    if (options.picture) await requireWritableFile(options.picture);
    const checkpoint = await openCheckpoint(options.checkpoint);
    const { manifest } = checkpoint;
    const unkept = await whyNotKept(options.checkpoint);
    if (unkept)
      report.warning('not-kept', `Figures will be printed but not kept beside the version. ${unkept.message}`);
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
        results.push(evaluation);
        report.metric(name, figures, lineOf(name, evaluation)); // first: it stays known where it cannot be kept
        if (!unkept) await addEvaluation(options.checkpoint, evaluation);
      }
    } finally {
      await material.close();
    }
    if (unkept) throw unkept;
    return results;
  });
}

/** Refuses, before anything is measured, what the work would refuse. */
export async function checkMeasurable(options: EvaluateOptions): Promise<Manifest> {
  const { seed = 0, threads = 1, protocol = USUAL } = options;
  const names = protocolsOf(protocol);
  refuseIgnored(options);
  const checkpoint = await openCheckpoint(options.checkpoint);
  const unkept = await whyNotKept(options.checkpoint);
  if (unkept) throw unkept;
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

/**
 * Refuses options that none of the protocols uses, rather than to measure as if they had not been said.
 * @throws GanymedeError CONFIG_INVALID
 */
function refuseIgnored(options: EvaluateOptions): void {
  const names = protocolsOf(options.protocol ?? USUAL);
  const { pictureAs, picture, rivals } = options;
  // Rivals are offered to every evaluation; that there are to be none is what somebody said.
  const said = { ...options, rivals: rivals?.length === 0 ? 'none' : undefined };
  for (const option of HEEDED) {
    if (said[option] === undefined || names.some((name) => PROTOCOLS[name].heeds.includes(option))) continue;
    const those = PROTOCOL_NAMES.filter((name) => PROTOCOLS[name].heeds.includes(option));
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected no ${option} with the protocol ${names[0]}, which does not use it, but received ${said[option]}. Leave it out, or measure one that does: ${those.join(', ')}.`,
      { details: { option, protocol: names[0] } },
    );
  }
  if (pictureAs !== undefined && picture === undefined) {
    throw new GanymedeError('CONFIG_INVALID', `Expected --picture beside --picture-as ${pictureAs} but received none.`);
  }
}

/** Why results cannot be written beside the version; null where they can. */
async function whyNotKept(checkpoint: string): Promise<GanymedeError | null> {
  try {
    await requireWritable(join(checkpoint, EVALUATIONS));
    return null;
  } catch (error) {
    if (error instanceof GanymedeError) return error;
    throw error;
  }
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
