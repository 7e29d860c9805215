// Which versions a run has become, by its steps: a run that is asked for no more steps makes no second version of the
// same weights.
import { access, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../files/atomic.js';
import { MANIFEST_FILE } from '../models/manifest.js';

export const PUBLISHED_FILE = 'published.json';

const notesSchema = z.array(z.object({ step: z.int(), version: z.string() }));
type Notes = z.infer<typeof notesSchema>;

/** Written before the version appears, so that it is known whatever happens then. */
export async function notePublished(run: string, step: number, version: string): Promise<void> {
  const notes = [...(await notesOf(run)), { step, version: resolve(version) }];
  await writeFileAtomically(join(run, PUBLISHED_FILE), `${JSON.stringify(notes, null, 2)}\n`);
}

/** The version of the model in `out` that the run became after `step` steps, if it is there. */
export async function publishedAt(run: string, step: number, out: string): Promise<string | null> {
  const there = (await notesOf(run)).filter((note) => note.step === step && dirname(note.version) === resolve(out));
  for (const { version } of there.reverse())
    if (await isThere(version)) return join(out, version.slice(resolve(out).length));
  return null;
}

/** None where the file is not there or is none of ours: then a version more is made, and none lost. */
async function notesOf(run: string): Promise<Notes> {
  let text: string;
  try {
    text = await readFile(join(run, PUBLISHED_FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const parsed = notesSchema.safeParse(jsonOf(text));
  return parsed.success ? parsed.data : [];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // which the schema refuses
  }
}

async function isThere(version: string): Promise<boolean> {
  return access(join(version, MANIFEST_FILE)).then(
    () => true,
    () => false,
  );
}
