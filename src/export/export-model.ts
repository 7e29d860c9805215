// `ganymede export` as a long work: the graphs of a version, in a form that other programs take.

import { mkdir } from 'node:fs/promises';
import { Engine } from '../engine/engine.js';
import { createDirectoryAtomically } from '../files/atomic.js';
import { openVersion } from '../models/activate.js';
import type { Capability } from '../models/capabilities.js';
import type { Checkpoint } from '../models/verified.js';
import { type Reporter, type WorkContext, working } from '../work.js';
import { writeOnnx } from './onnx.js';
import { type PlainGraph, type PlainVersion, plainGraph } from './plain.js';
import { writeTriton } from './triton.js';

export interface ExportOptions {
  readonly model: string;
  /** Left out, the active version. */
  readonly version?: number;
  readonly for: Form;
  readonly out: string;
  /** Folders of the models, the first first. */
  readonly checkpoints: readonly string[];
}

interface Writing {
  /** Whether a folder that is there is added to. */
  readonly adds: boolean;
  readonly write: (version: PlainVersion, folder: string) => Promise<void>;
  /** What to do next. */
  readonly next: (folder: string) => string;
}

const FORMS = {
  triton: {
    adds: true,
    write: writeTriton,
    next: (folder) => `tritonserver --model-repository=${folder} serves it.`,
  },
  onnx: {
    adds: false,
    write: writeOnnx,
    next: (folder) => `Every graph in ${folder} says in its metadata and doc strings what it takes and gives.`,
  },
} as const satisfies Record<string, Writing>;

export type Form = keyof typeof FORMS;

export const FORM_NAMES = Object.keys(FORMS) as readonly Form[];

export function exportModel(options: ExportOptions, context?: WorkContext): Promise<PlainVersion | null> {
  return working(context, async (report) => {
    const checkpoint = await openVersion(options.checkpoints, options.model, options.version);
    const { model, version } = checkpoint.manifest;
    report.started(`Exporting ${model} version ${version} for ${options.for}`);
    const plain = await plainVersion(checkpoint, report);
    const form: Writing = FORMS[options.for];
    if (form.adds) await mkdir(options.out, { recursive: true });
    if (form.adds) await form.write(plain, options.out);
    else await createDirectoryAtomically(options.out, (folder) => form.write(plain, folder));
    report.endsWith({ done: form.next(options.out) });
    return plain;
  });
}

/** All graphs of a version as others can take them. */
export async function plainVersion(checkpoint: Checkpoint, report: Reporter): Promise<PlainVersion> {
  const engine = await Engine.start({ workers: 1 });
  report.atEnd(() => engine.close());
  const graphs: PlainGraph[] = [];
  for (const capability of Object.keys(checkpoint.manifest.graphs) as Capability[]) {
    report.throwIfStopped();
    const graph = await plainGraph(checkpoint, capability, engine);
    graphs.push(graph);
    report.metric('graph', { graph: capability, difference: graph.difference }, sentence(graph));
  }
  return { manifest: checkpoint.manifest, graphs };
}

function sentence({ capability, onnx, difference }: PlainGraph): string {
  const alike = difference === 0 ? 'to the bit' : `within ${difference.toPrecision(1)}`;
  return `${capability.padEnd(10)} ${(onnx.length / 1e6).toFixed(1).padStart(5)} MB, gives what is served ${alike}`;
}
