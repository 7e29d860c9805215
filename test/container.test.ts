// The Dockerfile held against the project: no Docker engine is needed. `.ci/image` builds and runs it where one
// answers.

import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** Instructions in order, comments dropped and continued lines joined. */
const instructions = read('Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replace(/\s*\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => ({ name: line.split(' ', 1)[0]!, rest: line.slice(line.indexOf(' ') + 1) }));
const all = (name: string) => instructions.filter((one) => one.name === name).map(({ rest }) => rest);
const stages = all('FROM').length;
const finalStage = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));

/** Paths of the project that an instruction COPY takes; those of an earlier stage are not. */
const copied = all('COPY')
  .filter((rest) => !rest.includes('--from='))
  .flatMap((rest) =>
    rest
      .split(' ')
      .filter((word) => !word.startsWith('--'))
      .slice(0, -1),
  );

const environment = Object.fromEntries(
  all('ENV').flatMap((rest) => rest.split(' ').map((pair) => pair.split('=') as [string, string])),
);

describe('the Dockerfile', () => {
  test('copies what exists, and .dockerignore lets exactly that through', () => {
    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    expect(allowed.map((line) => line.slice(1)).sort()).toEqual([...new Set(copied)].sort());
  });

  test('copies all beside the program that the program reads: folders, or files in them', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((f) =>
      f.endsWith('.ts'),
    );
    const named = sources.flatMap((file) =>
      [...read(join('src', file)).matchAll(/new URL\('(?:\.\.\/)+([\w-][^']*)', import\.meta\.url\)/g)].map(
        ([, name]) => name!,
      ),
    );
    const needed = [...new Set(named)].filter((path) => !/^dist(\/|$)/.test(path));
    const covers = (paths: readonly string[]) => (path: string) =>
      paths.some((each) => path === each || path.startsWith(`${each}/`));
    expect(needed).toContain('checkpoints');
    expect(needed.filter((path) => !covers(copied)(path))).toEqual([]);
    const finalCopies = finalStage.filter(({ name }) => name === 'COPY').flatMap(({ rest }) => rest.split(' '));
    const wanted = [...needed, 'dist', 'node_modules', 'package.json'];
    expect(wanted.filter((path) => !covers(finalCopies)(path))).toEqual([]);
  });

  test('builds and runs on the Node that package.json allows', () => {
    const [, least] = /^>=(\d+)/.exec(JSON.parse(read('package.json')).engines.node) ?? [];
    const majors = all('FROM').map((image) => Number(/^node:(\d+)-slim/.exec(image)?.[1]));
    expect(stages).toBe(2);
    expect(new Set(majors)).toEqual(new Set([24]));
    expect(Number(least)).toBeLessThanOrEqual(24);
  });

  test('runs no script of a package', () => {
    const installs = all('RUN')
      .flatMap((line) => line.split('&&'))
      .filter((line) => /\bnpm (ci|install|prune)\b/.test(line));
    expect(installs.length).toBeGreaterThan(0);
    expect(installs.filter((line) => !line.includes('--ignore-scripts'))).toEqual([]);
  });

  test('calls scripts that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const called = [
      ...all('RUN')
        .join('\n')
        .matchAll(/npm run ([\w:-]+)/g),
    ].map(([, name]) => name!);
    expect(called.filter((name) => !(name in scripts))).toEqual([]);
  });

  test('has what the build names, and the commands that package.json names', () => {
    const { scripts, bin } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
    const inputs = [...scripts!['build']!.matchAll(/[\w.-]+\/?[\w.-]*\.(?:json|js)\b/g)].map(([path]) => path);
    expect(inputs).toContain('tsconfig.build.json');
    const tops = [...inputs, ...Object.values(bin!)].map((path) => path.split('/')[0]!).filter((top) => top !== 'dist');
    expect(tops.filter((top) => !copied.includes(top))).toEqual([]);
    const linked = all('RUN').flatMap((line) => [...line.matchAll(/ln -s \/app\/(\S+)/g)].map(([, path]) => path));
    expect(linked).toEqual(Object.values(bin!));
  });

  test('sets what config.ts reads, to values that it takes', () => {
    const config = readConfig(environment);
    expect(config).toMatchObject({
      host: '0.0.0.0',
      port: 4000,
      checkpoints: ['/data/checkpoints'],
      introspection: false,
    });
    const known = read('src/config.ts');
    const ours = Object.keys(environment).filter((name) => !name.startsWith('ORT_'));
    expect(ours.filter((name) => !known.includes(`${name}: setting(`))).toEqual([]);
    expect(all('EXPOSE')).toEqual([`${readConfig({}).port}`]);
  });

  test('ends as a user that is not root, under tini, with a volume for what is made', () => {
    expect(finalStage.filter(({ name }) => name === 'USER').map(({ rest }) => rest)).toEqual(['node']);
    expect(finalStage.findLastIndex(({ name }) => name === 'RUN')).toBeLessThan(
      finalStage.findIndex(({ name }) => name === 'USER'),
    );
    expect(JSON.parse(all('ENTRYPOINT')[0]!)).toEqual(['tini', '--']);
    expect(JSON.parse(all('CMD')[0]!)).toEqual(['node', '/app/dist/main.js']);
    expect(all('VOLUME')).toEqual(['/data']);
    expect(finalStage.findLast(({ name }) => name === 'WORKDIR')?.rest).toBe('/data'); // runs/ is made here
  });

  test('calls itself healthy by /readyz: status 0 for 200, 1 for anything else', async () => {
    const [program, ...args] = JSON.parse(all('HEALTHCHECK')[0]!.split('CMD ')[1]!) as string[];
    expect(program).toBe('node');
    let status = 200;
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url!);
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const check = () => promisify(execFile)(process.execPath, args, { env: { ...process.env, PORT: `${port}` } });
    await check();
    status = 503;
    await expect(check()).rejects.toMatchObject({ code: 1 });
    await new Promise((resolve) => server.close(resolve));
    await expect(check()).rejects.toMatchObject({ code: 1 });
    expect(asked).toEqual(['/readyz', '/readyz']);
  });
});
