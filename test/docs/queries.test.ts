// Every query that a document shows, asked of the server as it is started, with the shipped models: in tables and
// sentences, in blocks of GraphQL, and by the very curl; and what GraphiQL opens with.

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSchema, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, type Served, startServer } from '../examples/serving.js';
import { shippedVersion } from '../shipped.js';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
/** What changes models or needs more than they have: tests of their own ask it. */
const OTHERS = ['docs/jobs.md', 'docs/data-sets.md', 'docs/encode-complete-compare.md'];
const files = [
  'README.md',
  'ERRORS.md',
  'examples/README.md',
  ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`),
].filter((file) => file.endsWith('.md') && !OTHERS.includes(file));
const roots = Object.keys(buildSchema(read('schema.graphql')).getQueryType()!.getFields());
const digit = readFileSync(join(ROOT, 'docs/images/mnist.png')).toString('base64');
const queries = [...files, 'web/graphiql.ts'].flatMap((file) => queriesOf(file).map((text) => ({ file, text })));
const curls = files.flatMap((file) => curlsOf(file).map((text) => ({ file, text })));

let scratch = '';
let server: Served;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ganymede-queries-'));
  await cp(join(ROOT, 'docs/images/faces.png'), join(scratch, 'face.png'));
  server = await startServer();
});
afterAll(async () => {
  await server.stop();
  await rm(scratch, { recursive: true, force: true });
});

describe('queries in documents', () => {
  test('were found', () => {
    expect(queries.length).toBeGreaterThan(10);
    expect(curls.length).toBeGreaterThan(0);
  });

  test.each(queries)('$file: $text', async ({ text }) => {
    const query = filled(text);
    expect(await ask(query, variablesOf(query))).not.toHaveProperty('errors');
  });

  test.each(curls)('$file: $text', async ({ text }) => {
    const { stdout } = await promisify(execFile)(
      'sh',
      ['-ec', filled(text).replace(/(http:\/\/)?localhost:4000/g, server.url)],
      {
        cwd: scratch,
      },
    );
    expect(JSON.parse(stdout)).toMatchObject({ data: expect.anything() });
    expect(JSON.parse(stdout)).not.toHaveProperty('errors');
  });
});

/** What stands for something of the reader's own, replaced by what the shipped models take. */
function filled(text: string): string {
  const own = text.includes('portraits'); // the model that a reader trains
  return text
    .replace(/\[0\.1, …\]/g, () => JSON.stringify(Array(100).fill(0.1)))
    .replace(/base64,…/g, () => `base64,${digit}`)
    .replaceAll('portraits', 'faces')
    .replace(/version: \d+/g, (version) => (own ? `version: ${shippedVersion('faces')}` : version));
}

const VARIABLES: Readonly<Record<string, unknown>> = { seed: 42, image: digit, images: [digit] };

/** Values for the variables that a query declares; one that is required and unknown fails by the server's word. */
function variablesOf(query: string): Record<string, unknown> {
  const operation = parse(query).definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const declared = (operation as OperationDefinitionNode).variableDefinitions ?? [];
  return Object.fromEntries(declared.map(({ variable: { name } }) => [name.value, VARIABLES[name.value]]));
}

async function ask(query: string, variables: Record<string, unknown>): Promise<unknown> {
  const reply = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return reply.json();
}

/** Blocks of GraphQL, tabs of GraphiQL, and code in sentences and tables that begins with a field of Query. */
function queriesOf(file: string): string[] {
  const tabs = [...read(file).matchAll(/^query \w+ \{\n[\s\S]*?^\}$/gm)].map(([text]) => text);
  const inline = [...read(file).matchAll(/`(\{ (?:\w+: )?(\w+)\b[^`]*\})`/g)];
  return [
    ...(file.endsWith('.ts') ? tabs : blocksOf(file, 'graphql')),
    ...inline.filter(([, , field]) => roots.includes(field!)).map(([, text]) => text!),
  ];
}

/** Commands that ask for GraphQL, each to the end of its last quoted line. */
function curlsOf(file: string): string[] {
  return blocksOf(file, 'sh').flatMap((block) => block.match(/^curl [^\n]*\/graphql(?:'[^']*'|\\\n|[^'\n])*/gm) ?? []);
}

function blocksOf(file: string, language: string): string[] {
  return [...read(file).matchAll(new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm'))].map(
    ([, text]) => text!,
  );
}
