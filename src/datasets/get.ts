// `ganymede dataset get` as a long work: the files of a well-known dataset to disk, each verified. A download that was
// stopped or broke off goes on where it was.
import { join } from 'node:path';
import { expected } from '../errors.js';
import { lockDirectory } from '../files/lock.js';
import { requireWritable } from '../files/unusable.js';
import { type Reporter, type WorkContext, working } from '../work.js';
import { download } from './download.js';
import { PUBLISHED, PUBLISHED_NAMES, type PublishedDataset } from './published.js';

export interface GetDatasetOptions {
  /** One of PUBLISHED_NAMES. */
  readonly name: string;
  /** Directory for the files. */
  readonly out: string;
  /** Another address that has the same files. */
  readonly from?: string;
  /** What is known by which name; the published ones without it. */
  readonly known?: Readonly<Record<string, PublishedDataset>>;
}

/** The paths of the files; null when stopped. @throws GanymedeError RUN_IN_USE where another does the same there */
export function getDataset(options: GetDatasetOptions, context?: WorkContext): Promise<string[] | null> {
  return working(context, async (report) => {
    const { name, out } = options;
    const known: Readonly<Record<string, PublishedDataset>> = options.known ?? PUBLISHED;
    const dataset = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!dataset) throw expected(`a dataset named ${PUBLISHED_NAMES.join(', ')}`, name);
    const base = (options.from ?? dataset.base).replace(/\/?$/, '/');
    await requireWritable(out);
    report.started(`${dataset.title}. Credit: ${dataset.credit}.`);
    report.endsWith({
      done: `Train on it with --data ${out}`,
      stopped: 'Stopped. The same command goes on where this one was.',
    });
    const lock = await lockDirectory(out, `the download of ${name}`);
    try {
      return await filesOf(dataset, { base, out }, report);
    } finally {
      await lock.release();
    }
  });
}

async function filesOf(
  { files }: PublishedDataset,
  { base, out }: { readonly base: string; readonly out: string },
  report: Reporter,
): Promise<string[]> {
  const paths: string[] = [];
  for (const file of files) {
    report.throwIfStopped();
    const path = join(out, file.name);
    let begun = false;
    const outcome = await download(`${base}${file.name}`, path, {
      md5: file.md5,
      ...(report.signal ? { signal: report.signal } : {}),
      onProgress: (bytes, total) => {
        if (!begun) report.phase(file.name, 'bytes', total, bytes);
        begun = true;
        report.progress(bytes);
      },
    });
    const was = outcome === 'there' ? 'was there already' : 'downloaded';
    report.metric('file', { name: file.name, outcome }, `${file.name}  ${was}, MD5 as published`);
    paths.push(path);
  }
  return paths;
}
