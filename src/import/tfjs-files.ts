// The files of a TensorFlow.js model: model.json, and its weights beside it.

import { open, readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { sizeOf } from '../engine/tensor.js';
import type { io } from '../engine/tf.js';
import { GanymedeError, messageOf } from '../errors.js';
import { realPathInside } from '../files/inside.js';
import { quoted, refused } from './refusals.js';

export const CONVERT = 'Convert it: python -m tf2onnx.convert --tfjs model.json --output generator.onnx.';

export interface Artifacts extends io.ModelArtifacts {
  readonly kind: 'layers' | 'graph';
  readonly modelTopology: object;
}

const size = z
  .int()
  .nonnegative()
  .max(2 ** 31);
const MODEL = z.looseObject({
  format: z.string().optional(),
  modelTopology: z.looseObject({}),
  signature: z.looseObject({}).optional(),
  weightsManifest: z.array(
    z.looseObject({
      paths: z.array(z.string()),
      weights: z.array(
        z.looseObject({
          name: z.string(),
          shape: z.array(size),
          dtype: z.enum(['float32', 'int32', 'bool']),
          quantization: z.looseObject({ dtype: z.enum(['uint8', 'uint16', 'float16']) }).optional(),
        }),
      ),
    }),
  ),
});

type Weight = z.infer<typeof MODEL>['weightsManifest'][number]['weights'][number];

/** @throws GanymedeError GRAPH_REFUSED */
export async function readArtifacts(file: string): Promise<Artifacts> {
  const { format, modelTopology, signature, weightsManifest } = modelOf(await readJson(file), file);
  const parts: Uint8Array[] = [];
  for (const path of weightsManifest.flatMap(({ paths }) => paths)) parts.push(await readPart(file, path));
  const weights = weightsManifest.flatMap(({ weights }) => weights);
  const data = new Uint8Array(Buffer.concat(parts));
  refuseOtherSize(file, data.length, weights);
  return {
    kind: format === 'layers-model' ? 'layers' : 'graph',
    modelTopology,
    ...(signature ? { signature } : {}),
    weightSpecs: weights as io.WeightsManifestEntry[],
    weightData: data.buffer,
  };
}

function modelOf(json: Record<string, unknown>, file: string): z.infer<typeof MODEL> {
  const what = `${file} to be a layers model or a graph model of TensorFlow.js`;
  const next = `Export it by model.save() of TensorFlow.js. ${CONVERT}`;
  const { format } = json;
  if (format !== 'layers-model' && format !== 'graph-model')
    throw refused(what, `the format ${quoted(String(format))}`, next);
  const { data, error } = MODEL.safeParse(json);
  if (data) return data;
  const [issue] = error.issues;
  throw refused(what, `${quoted(issue?.path.join('.') ?? '')}: ${issue?.message}`, next, error);
}

const BYTES = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 };

function refuseOtherSize(file: string, bytes: number, weights: readonly Weight[]): void {
  const wanted = weights
    .map(({ shape, dtype, quantization }) => sizeOf(shape) * BYTES[quantization?.dtype ?? dtype])
    .reduce((a, b) => a + b, 0);
  if (bytes === wanted) return;
  const next = 'Copy its files again, all of one export.';
  throw refused(`${wanted} bytes of weights, as ${file} lists them`, `${bytes}`, next);
}

async function readJson(file: string): Promise<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof json === 'object' && json !== null) return json as Record<string, unknown>;
  } catch (error) {
    throw refused(`${file} to hold JSON`, messageOf(error), CONVERT, error);
  }
  throw refused(`${file} to hold a model`, 'other JSON', CONVERT);
}

/** Weights lie in the folder of the model, links followed. */
async function readPart(file: string, path: string): Promise<Uint8Array> {
  const folder = dirname(file);
  const what = `the weights of ${file} in files inside its folder`;
  const next = 'Copy them there, as they were saved.';
  try {
    const real = isAbsolute(path) ? null : await realPathInside(join(folder, path), folder);
    if (real === null) throw refused(what, `${quoted(path)}, which leads out of it`, next);
    if (!(await stat(real)).isFile()) throw refused(what, `${quoted(path)}, which is no regular file`, next);
    const handle = await open(real);
    return await handle.readFile().finally(() => handle.close());
  } catch (error) {
    if (error instanceof GanymedeError) throw error;
    throw refused(what, messageOf(error), next, error);
  }
}
