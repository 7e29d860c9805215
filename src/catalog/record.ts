// What is known of a data set, as it lies beside the data: JSON that is read again with as little trust as any file.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { GanymedeError } from '../errors.js';

export const RECORD_FILE = 'dataset.json';
export const PREVIEW_FILE = 'preview.png';
/** What was sent. */
export const DATA_FOLDER = 'data';

const rejectedFile = z.object({ name: z.string(), reason: z.string() });
export type RejectedFile = z.infer<typeof rejectedFile>;

const recordSchema = z.object({
  name: z.string(),
  /** Where the data is: built in, at a path of this server, or sent to it and kept beside the record. */
  source: z.object({
    kind: z.enum(['builtin', 'path', 'upload']),
    /** `builtin:<name>`, a path, or one beside the record, which holds wherever the folder is mounted. */
    place: z.string(),
    /** As in an address: empty, or from the first comma on. */
    settings: z.string(),
    /** For a person: as the client said it, or the names of the files that were sent. */
    text: z.string(),
  }),
  sha256: z.string(),
  examples: z.int(),
  /** [C, H, W], or [n] of vectors. */
  shape: z.array(z.int()).readonly(),
  /** The first thousand. */
  classes: z.array(z.object({ name: z.string(), count: z.int() })).readonly(),
  classCount: z.int(),
  /** The first hundred that cannot be read; they are left out of every training, too. */
  rejected: z.array(rejectedFile).readonly(),
  rejectedCount: z.int(),
  bytes: z.int(),
  /** Milliseconds since 1970. */
  created: z.int(),
  by: z.string(),
  /** By which the same request is known again. */
  request: z.object({ key: z.string(), digest: z.string() }).nullable(),
});

export type DatasetRecord = Readonly<z.infer<typeof recordSchema>>;

/** Null where there is none. @throws GanymedeError STORE_INVALID for what is no record */
export async function readRecord(folder: string): Promise<DatasetRecord | null> {
  const path = join(folder, RECORD_FILE);
  const text = await textOf(path);
  if (text === null) return null;
  const parsed = recordSchema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new GanymedeError(
    'STORE_INVALID',
    `Expected ${path} to be the record of a data set but: ${z.prettifyError(parsed.error)}. Remove its folder.`,
    { details: { path } },
  );
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // which the schema refuses
  }
}
