// `ganymede export` as a long work: the graphs of a version, in a form that other programs take.

import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Engine } from '../engine/engine.js';
import { createDirectoryAtomically } from '../files/atomic.js';
import { openVersion } from '../models/activate.js';
import type { Capability } from '../models/capabilities.js';
import type { Checkpoint } from '../models/verified.js';
import { type Reporter, type WorkContext, working } from '../work.js';
import { writeOnnx } from './onnx.js';
import { type PlainGraph, type PlainVersion, plainGraph } from './plain.js';
import { writePython } from './python.js';
import { writeTfjs } from './tfjs.js';
import { writeTriton } from './triton.js';

export interface ExportOptions {
  readonly model: string;
  /** Left out, the active version. */
  readonly version?: number;
  readonly for: Form;
  /** Left out, all that the version has. */
  readonly graphs?: readonly string[];
  readonly out: string;
  /** Folders of the models, the first first. */
  readonly checkpoints: readonly string[];
}

interface Writing {
  /** Whether a folder that is there is added to. */
  readonly adds: boolean;
  readonly write: (version: PlainVersion, folder: string, engine: Engine) => Promise<void>;
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
  tfjs: {
    adds: false,
    write: writeTfjs,
    next: (folder) => `tf.loadGraphModel('…/${basename(folder)}/generate/model.json') loads a graph in a page.`,
  },
  python: {
    adds: false,
    write: writePython,
    next: (folder) => `python ${join(folder, 'sample.py')} samples it; it needs onnxruntime, numpy and pillow.`,
  },
} as const satisfies Record<string, Writing>;

export type Form = keyof typeof FORMS;

export function exportModel(options: ExportOptions, context?: WorkContext): Promise<PlainVersion | null> {
  return working(context, async (report) => {
    const checkpoint = await openVersion(options.checkpoints, options.model, options.version);
    const { model, version } = checkpoint.manifest;
    report.started(`Exporting ${model} version ${version} for ${options.for}`);
    const engine = await Engine.start({ workers: 1 });
    report.atEnd(() => engine.close());
    const plain = await plainVersion(checkpoint, options.graphs, engine, report);
    const form: Writing = FORMS[options.for];
    if (form.adds) await mkdir(options.out, { recursive: true });
    if (form.adds) await form.write(plain, options.out, engine);
    else await createDirectoryAtomically(options.out, (folder) => form.write(plain, folder, engine));
    report.endsWith({ done: form.next(options.out) });
    return plain;
  });
}

/** Graphs of a version as others can take them. @throws GanymedeError CAPABILITY_MISSING for one that it lacks */
async function plainVersion(
  checkpoint: Checkpoint,
  wanted: readonly string[] = Object.keys(checkpoint.manifest.graphs),
  engine: Engine,
  report: Reporter,
): Promise<PlainVersion> {
  const graphs: PlainGraph[] = [];
  for (const capability of new Set(wanted) as Set<Capability>) {
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
