// Data sets of a server, from outside: making them of files that are sent there or of what it has, looking at them,
// deleting them.

import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { expected, GanymedeError } from '../errors.js';
import { type Reporter, type WorkContext, working } from '../work.js';
import { type Client, clientAt, type ServerAddress } from './client.js';
import { sendFile } from './upload.js';

export interface DatasetFacts {
  readonly name: string;
  readonly source: string;
  readonly digest: string;
  readonly examples: number;
  readonly shape: readonly number[];
  readonly classCount: number;
  readonly classes: readonly { readonly name: string; readonly count: number }[];
  readonly rejectedCount: number;
  readonly rejected: readonly { readonly name: string; readonly reason: string }[];
  readonly bytes: number;
  readonly created: string;
  readonly by: string;
  readonly preview: string;
}

export interface CreateDatasetOptions extends ServerAddress {
  readonly name: string;
  /** Files of this machine, or one `builtin:<name>`. */
  readonly data: readonly string[];
  /** A path of the server's machine, instead of data. */
  readonly onServer?: string;
  readonly settings?: string;
}

const FACTS = `name source digest examples shape classCount classes(first: 1000) { name count }
  rejectedCount rejected(first: 100) { name reason } bytes created by preview`;

/** Sends what must be sent; null when stopped. The same call goes on where it was. */
export function createDataset(options: CreateDatasetOptions, context?: WorkContext): Promise<DatasetFacts | null> {
  return working(context, async (report) => {
    const client = clientAt(options, report.signal);
    report.endsWith({ stopped: 'Stopped. The same command goes on where this one was.' });
    const source = await sourceOf(options, client, report);
    const { name, settings = null } = options;
    report.started(`The server looks through it.`);
    const query = `mutation Create($name: String!, $source: DatasetSource!, $settings: String, $key: String) {
      made: createDataset(name: $name, source: $source, settings: $settings, idempotencyKey: $key) { ${FACTS} }
    }`;
    const { made } = await dataOf<{ made: DatasetFacts }>(client, query, { name, source, settings, key: randomUUID() });
    report.endsWith({ done: `Jobs name it: "${name}".` });
    return made;
  });
}

export async function listDatasets(options: ServerAddress): Promise<readonly DatasetFacts[]> {
  const client = clientAt(options);
  const found: DatasetFacts[] = [];
  const query = `query List($after: String) { datasets(first: 100, after: $after) {
    nodes { name source examples shape classCount bytes created by } pageInfo { hasNextPage endCursor }
  } }`;
  for (let after: string | null = null; ; ) {
    const { datasets }: { datasets: Page } = await dataOf(client, query, { after });
    found.push(...datasets.nodes);
    if (!datasets.pageInfo.hasNextPage) return found;
    after = datasets.pageInfo.endCursor;
  }
}

export async function showDataset(options: ServerAddress, name: string): Promise<DatasetFacts> {
  const query = `query Show($name: ID!) { dataset(name: $name) { ${FACTS} } }`;
  return (await dataOf<{ dataset: DatasetFacts }>(clientAt(options), query, { name })).dataset;
}

export async function deleteDataset(options: ServerAddress, name: string): Promise<void> {
  await dataOf(clientAt(options), 'mutation Delete($name: ID!) { deleteDataset(name: $name) }', { name });
}

interface Page {
  readonly nodes: readonly DatasetFacts[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** @throws GanymedeError the first refusal: each of these asks for one thing */
async function dataOf<Data>(
  client: Client,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<Data> {
  const { data, errors } = await client.ask<Data>(query, variables);
  if (errors[0]) throw errors[0].error;
  return data;
}

async function sourceOf({ data, onServer, server, key }: CreateDatasetOptions, client: Client, report: Reporter) {
  if (onServer !== undefined) {
    if (data.length === 0) return { path: onServer };
    throw expected('either files or --on-server', 'both');
  }
  const [first] = data;
  if (first === undefined) throw expected('files, builtin:<name> or --on-server <path>', undefined);
  if (data.length === 1 && first.startsWith('builtin:')) return { builtin: first };
  for (const path of data) await refuseUnlessFile(path);
  const upload: string[] = [];
  for (const path of data) upload.push(await sendFile(path, { server, key, client, report }));
  return { upload };
}

async function refuseUnlessFile(path: string): Promise<void> {
  try {
    if ((await stat(path)).isFile()) return;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new GanymedeError('DATASET_INVALID', `Expected a file but there is none at ${path}.`, { cause });
  }
  throw new GanymedeError(
    'DATASET_INVALID',
    `Expected a file but ${path} is a folder. Make a zip of it first: zip -r data.zip ${path}`,
  );
}
