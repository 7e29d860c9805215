// What was measured on a version, each result with protocol, seed and data. What was known when it was made stands in
// its manifest; what came later lies beside it, one file a result in `evaluations/`, because a version never changes
// once written.

import { randomUUID } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GanymedeError, messageOf } from '../errors.js';
import { isPassing, writeFileAtomically } from '../files/atomic.js';
import { isFault } from './faults.js';
import { invalid, readInside } from './files.js';
import { checked, type Evaluation, evaluationSchema, parseJson, readManifest } from './manifest.js';

export type { Evaluation } from './manifest.js';

/** Folder of a version. */
export const EVALUATIONS = 'evaluations';
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Those of the manifest, then those of the folder by date. What cannot be read there (the rest of a crash, a damaged
 * file) is reported and left out: a warning of the process where nobody listens.
 */
export async function evaluationsOf(
  path: string,
  report: (problem: GanymedeError) => void = (problem) => process.emitWarning(problem.message),
): Promise<Evaluation[]> {
  const { evaluations } = await readManifest(path);
  const later: Evaluation[] = [];
  for (const name of await filesIn(path, report)) {
    try {
      later.push(await readEvaluation(path, name));
    } catch (error) {
      if (!isFault(error)) throw error;
      report(error);
    }
  }
  return [...evaluations, ...later.toSorted((a, b) => Date.parse(a.date) - Date.parse(b.date))];
}

/**
 * Writes one more result; the version itself stays as it is. Its name is its own, so two processes never take the same.
 */
export async function addEvaluation(path: string, evaluation: Evaluation): Promise<string> {
  const folder = join(path, EVALUATIONS);
  const name = `${evaluation.protocol}-${evaluation.date}`.replaceAll(/[^A-Za-z0-9.-]/g, '-');
  const file = join(folder, `${name}-${randomUUID()}.json`);
  const text = JSON.stringify(checked(evaluationSchema, evaluation, file, 'the evaluation'), null, 2);
  await makeIn(path, folder);
  await writeFileAtomically(file, `${text}\n`);
  return file;
}

/** Never the version itself: it may have been removed while it was measured. */
async function makeIn(path: string, folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw invalid(path, 'to be there still, to keep what was measured,', 'none');
    if (code !== 'EEXIST') throw error;
  }
}

/** In order of their names; none where nothing was measured since. */
async function filesIn(path: string, report: (problem: GanymedeError) => void): Promise<string[]> {
  try {
    return (await readdir(join(path, EVALUATIONS))).filter((name) => !isPassing(name)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      report(invalid(join(path, EVALUATIONS), 'to be a readable folder', messageOf(error)));
    }
    return [];
  }
}

async function readEvaluation(path: string, name: string): Promise<Evaluation> {
  const file = join(path, EVALUATIONS, name);
  if (!name.endsWith('.json')) {
    throw new GanymedeError(
      'CHECKPOINT_INVALID',
      `Expected only results in ${join(path, EVALUATIONS)} but received ${name}, perhaps left by a crash. It may be removed.`,
      { details: { file } },
    );
  }
  const bytes = await readInside(path, join(EVALUATIONS, name), (size) => {
    if (size > MAX_BYTES) throw invalid(file, `to have at most ${MAX_BYTES} bytes`, `${size} bytes`);
  });
  return checked(evaluationSchema, parseJson(Buffer.from(bytes).toString('utf8'), file), file, 'the evaluation');
}
