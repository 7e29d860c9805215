// More graphs for a checkpoint: as the next version of its model, because a version never changes once it can be
// served. All that the old version holds comes along, checked on the way, and so does all that was measured on it.
import { dirname, resolve } from 'node:path';
import { type Evaluation, evaluationsOf } from '../../models/evaluations.js';
import { openCheckpoint } from '../../models/verified.js';
import { addVersion } from '../../models/versions.js';
import { VERSION } from '../../version.js';
import type { Reporter } from '../../work.js';

export interface Addition {
  /** Capability → ONNX; one that is there already is replaced. */
  readonly graphs: Readonly<Partial<Record<'scorer' | 'encode' | 'features' | 'classify' | 'inpaint', Uint8Array>>>;
  /** Names of the classes that `classify` tells apart. */
  readonly labels?: readonly string[];
  /** The share of each class in the data of `scorer`. */
  readonly shares?: readonly number[] | undefined;
  /** Goes into the manifest: it is known when the version is made, and appears with it at once. */
  readonly evaluation: Evaluation;
  /** Folder of the model that the version is written to; that of the checkpoint without it. */
  readonly out?: string | undefined;
  /** Other folders of the same model: the number of the next version counts theirs. */
  readonly beside?: readonly string[] | undefined;
}

/** Returns the path of the new version, which appears at once and whole. */
export async function addGraphs(checkpoint: string, addition: Addition, report?: Reporter): Promise<string> {
  const { manifest, file } = await openCheckpoint(checkpoint);
  const modelDirectory = addition.out ?? dirname(resolve(checkpoint));
  const added = Object.entries(addition.graphs).map(([name, bytes]) => ({ name, file: `${name}.onnx`, bytes }));
  const files: Record<string, Uint8Array> = {};
  const entryOf = ({ name, file }: { readonly name: string; readonly file: string }) =>
    name === 'scorer' && addition.shares ? { file, shares: [...addition.shares] } : { file };
  for (const name of Object.keys(manifest.files)) {
    if (!added.some((graph) => graph.file === name)) files[name] = await file(name);
  }
  for (const graph of added) files[graph.file] = graph.bytes;
  const warn = report && ((problem: Error) => report.warning('unreadable-evaluation', problem.message));
  const described = {
    ...manifest,
    created: addition.evaluation.date,
    lineage: { codeVersion: VERSION, parent: { model: manifest.model, version: manifest.version } },
    ...(addition.labels ? { labels: [...addition.labels] } : {}),
    graphs: { ...manifest.graphs, ...Object.fromEntries(added.map((graph) => [graph.name, entryOf(graph)])) },
    evaluations: [...(await evaluationsOf(checkpoint, warn)), addition.evaluation],
  };
  return addVersion(modelDirectory, described, files, addition.beside, report && ((path) => report.version(path)));
}
