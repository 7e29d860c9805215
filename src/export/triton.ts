// A version in the repository of models that Triton and KServe serve: each graph is a model of theirs, in a folder with
// its configuration and the graphs by version. Exporting another version adds it beside those that are there.
//
//   DIR/mnist.generate/config.pbtxt
//   DIR/mnist.generate/2/model.onnx
//
// https://github.com/triton-inference-server/server → docs/user_guide/model_repository.md, model_configuration.md

import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TensorSpec, TensorSpecs } from '../engine/tensor.js';
import { writeFileAtomically } from '../files/atomic.js';
import { DEFAULT_BATCHER_OPTIONS } from '../models/batcher.js';
import { publishedName } from '../models/capabilities.js';
import type { Manifest } from '../models/manifest.js';
import { factsOf, textOf } from './describe.js';
import type { PlainGraph, PlainVersion } from './plain.js';

export interface TritonFile {
  /** Within the repository. */
  readonly path: string;
  readonly bytes: Uint8Array | string;
}

/** The configuration comes last: a server that looks meanwhile finds no model without its graph. */
export function tritonFiles({ manifest, graphs }: PlainVersion): TritonFile[] {
  return graphs.flatMap((graph) => {
    const folder = publishedName(manifest.model, graph.capability);
    const labels =
      labelled(graph, manifest).length > 0 ? [{ path: `${folder}/${LABELS}`, bytes: lines(manifest.labels!) }] : [];
    return [
      { path: `${folder}/${manifest.version}/model.onnx`, bytes: graph.onnx },
      ...labels,
      { path: `${folder}/config.pbtxt`, bytes: tritonConfig(graph, manifest) },
    ];
  });
}

export async function writeTriton(version: PlainVersion, repository: string): Promise<void> {
  for (const { path, bytes } of tritonFiles(version)) {
    const place = join(repository, path);
    await mkdir(dirname(place), { recursive: true });
    await writeFileAtomically(place, bytes);
  }
}

const LABELS = 'labels.txt';

/**
 * The model's configuration, protobuf in text form. Rows wait as they do in our own server: for the run before them and
 * no longer, and they are refused where too many wait or wait too long. Every version that lies there is served, since
 * addresses name them.
 */
export function tritonConfig(graph: PlainGraph, manifest: Manifest): string {
  const { maxBatch, maxQueue, deadlineMs } = DEFAULT_BATCHER_OPTIONS;
  const classes = labelled(graph, manifest);
  return lines([
    `# ${manifest.title.replaceAll(/\s+/g, ' ')}: the graph "${graph.capability}", as Ganymede exports it.`,
    `name: ${quoted(publishedName(manifest.model, graph.capability))}`,
    'backend: "onnxruntime"',
    `max_batch_size: ${maxBatch}`,
    `input [\n${tensors(graph.inputs, [])}\n]`,
    `output [\n${tensors(graph.outputs, classes)}\n]`,
    'version_policy: { all { } }',
    'dynamic_batching {',
    '  default_queue_policy {',
    `    max_queue_size: ${maxQueue}`,
    '    timeout_action: REJECT',
    `    default_timeout_microseconds: ${deadlineMs * 1000}`,
    '    allow_timeout_override: true',
    '  }',
    '}',
    `model_warmup [\n${[1, maxBatch].map((rows) => warmUp(graph.inputs, rows)).join(',\n')}\n]`,
    ...Object.entries(factsOf(graph.capability, manifest)).map(
      ([key, value]) => `parameters { key: ${quoted(key)} value: { string_value: ${quoted(textOf(value))} } }`,
    ),
  ]);
}

/** Outputs of one number for each class, of which Triton’s extension for classification tells the names. */
function labelled({ capability }: PlainGraph, { labels }: Manifest): string[] {
  return capability === 'classify' && labels ? ['logits'] : [];
}

function tensors(specs: TensorSpecs, classes: readonly string[]): string {
  return Object.entries(specs)
    .map(([name, spec]) => {
      const names = classes.includes(name) ? ` label_filename: ${quoted(LABELS)}` : '';
      return `  { name: ${quoted(name)} data_type: TYPE_FP32 ${form(spec)}${names} }`;
    })
    .join(',\n');
}

/** Without the batch. A number for each row has no further dimension, which Triton writes as a reshape of one. */
function form(spec: TensorSpec): string {
  return spec.shape.length === 1 ? `${dims(spec)} reshape: { shape: [ ] }` : dims(spec);
}

function dims({ shape: [, ...row] }: TensorSpec): string {
  return `dims: [ ${row.length === 0 ? 1 : row.join(', ')} ]`;
}

function warmUp(inputs: TensorSpecs, rows: number): string {
  const each = Object.entries(inputs).map(
    ([name, spec]) =>
      `    inputs { key: ${quoted(name)} value: { data_type: TYPE_FP32 ${dims(spec)} zero_data: true } }`,
  );
  return [
    `  {`,
    `    name: "${rows === 1 ? 'a row' : `${rows} rows`}"`,
    `    batch_size: ${rows}`,
    ...each,
    '  }',
  ].join('\n');
}

/** Text in protobuf's text form: escapes as in C, which JSON's are for what is not a control character. */
function quoted(text: string): string {
  const escaped = text.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is left out
  return `"${escaped.replaceAll(/[\u0000-\u001f\u007f]/g, ' ')}"`;
}

function lines(of: readonly string[]): string {
  return `${of.join('\n')}\n`;
}
