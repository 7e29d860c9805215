// Every Markdown file held against the project: links, pictures, paths, commands, options, scripts, settings and limits
// that it names exist, commands are written as they are typed, and prose wraps.

import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.js';
import * as limits from '../../src/limits.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root })
  .toString()
  .trim()
  .split('\n')
  .filter((file) => !file.startsWith('checkpoints/') && existsSync(join(root, file)));

/** Of this project, and of the example that is a project of its own. */
const scripts: Readonly<Record<string, string>> = {
  ...JSON.parse(read('package.json')).scripts,
  ...JSON.parse(read('examples/react/package.json')).scripts,
};

const FENCE = /^ *```(\w*)\n([\s\S]*?)^ *```$/gm;
const fences = (file: string) =>
  [...read(file).matchAll(FENCE)].map(([, language, text]) => ({ language, text: text! }));
const prose = (file: string) => read(file).replace(FENCE, '');
const inlineCode = (file: string) => [...prose(file).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);

/** What a reader may type: lines of code blocks, continued ones joined, and code within sentences. */
function commandsOf(file: string): string[] {
  const lines = fences(file).flatMap(({ text }) => text.replace(/\\\n/g, ' ').split('\n'));
  return [...lines.map((line) => line.trim()), ...inlineCode(file)];
}

/** As GitHub makes the anchor of a heading. */
function anchorsOf(file: string): string[] {
  const headings = [...prose(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

interface Command {
  readonly subcommands: readonly string[];
  readonly options: readonly string[];
}

/** Words after `ganymede` → what its help lists, for the whole tree. */
const commands = new Map<string, Command>();

async function learn(words: readonly string[]): Promise<void> {
  const { stdout } = await promisify(execFile)(process.execPath, ['dist/cli.js', ...words, '--help'], { cwd: root });
  const [, listed = ''] = stdout.split('\nCommands:\n');
  const subcommands = [...listed.matchAll(/^ {2}([a-z][\w-]*)/gm)]
    .map(([, name]) => name!)
    .filter((name) => name !== 'help');
  const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, name]) => name!);
  commands.set(words.join(' '), { subcommands, options });
  await Promise.all(subcommands.map((name) => learn([...words, name])));
}

beforeAll(() => learn([]));

test('the command line was understood', () => {
  expect(commands.get('')?.subcommands).toEqual(
    expect.arrayContaining(['train', 'evaluate', 'publish', 'fit', 'dataset']),
  );
  expect(commands.get('fit encoder')?.options).toContain('--checkpoint');
});

describe.each(files)('%s', (file) => {
  test('links to what exists: files, pictures and headings', () => {
    const targets = [...prose(file).matchAll(/\]\(([^)\s]+)\)|\bsrc="([^"]+)"/g)].map(
      ([, link, source]) => link ?? source!,
    );
    const broken = targets
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [path = '', anchor] = target.split('#');
        const linked = path === '' ? file : join(dirname(file), path);
        if (!existsSync(join(root, linked))) return true;
        return anchor !== undefined && !anchorsOf(linked).includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  test('names paths that exist', () => {
    const paths = inlineCode(file).filter((code) =>
      /^(src|test|docs|bench|examples|recipes|\.ci)\/[\w./-]*$/.test(code),
    );
    const exists = (path: string) =>
      [path, path.replace(/\.js$/, '.ts'), join(dirname(file), path)].some((each) => existsSync(join(root, each)));
    expect(paths.filter((path) => !exists(path))).toEqual([]);
  });

  test('writes commands as they are typed: npx ganymede, or npm run', () => {
    const names = commands.get('')!.subcommands.join('|');
    const bare = commandsOf(file).filter((line) => new RegExp(`^(\\$ )?ganymede (${names})\\b`).test(line));
    expect(bare).toEqual([]);
  });

  test('names commands and options that exist', () => {
    const wrong = commandsOf(file).flatMap((line) => {
      const [, typed] = /\b(?:npx|docker run .*) ganymede ([a-z].*)/.exec(line) ?? [];
      if (typed === undefined) return [];
      const words = typed.replace(/#.*/, '').trim().split(/\s+/);
      let path = '';
      while (words[0] && commands.get(path)!.subcommands.includes(words[0])) path = `${path} ${words.shift()}`.trim();
      const { options } = commands.get(path)!;
      if (path === '') return [line];
      return words
        .filter((word) => word.startsWith('--') && !options.includes(word))
        .map((word) => `${word} of ${line}`);
    });
    expect(wrong).toEqual([]);
  });

  test('names scripts that package.json has', () => {
    const named = commandsOf(file).flatMap((line) => [...line.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)]);
    expect(named.map(([, name]) => name!).filter((name) => !(name in scripts))).toEqual([]);
  });

  test('ends lines of prose before column 120', () => {
    const long = prose(file)
      .split('\n')
      .filter((line) => line.length > 120 && !line.startsWith('|'));
    expect(long).toEqual([]);
  });
});

describe('README.md', () => {
  const rows = read('README.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const rowOf = (name: string) => rows.find((row) => row.split('|')[1]!.includes(`\`${name}\``));

  test('documents each setting with its default, and no other', () => {
    const known = [...read('src/config.ts').matchAll(/^ {2}([A-Z_]+): setting\(/gm)].map(([, name]) => name!);
    expect(known).toContain('PORT');
    const documented = rows.flatMap((row) => /^\| `([A-Z_]+)` \|/.exec(row)?.[1] ?? []);
    expect(documented.sort()).toEqual(known.sort());
    const { host, port, device, logLevel } = readConfig({});
    const defaults = { HOST: host, PORT: port, DEVICE: device, LOG_LEVEL: logLevel };
    for (const [name, value] of Object.entries(defaults)) expect(rowOf(name)!.split('|')[2]).toBe(` \`${value}\` `);
  });

  test('documents each limit', () => {
    const number = (value: number) => value.toLocaleString('en-US');
    const ranges = { ...limits.LIMITS, truncation: limits.TRUNCATION };
    for (const [name, { least, most }] of Object.entries(ranges)) {
      expect(rowOf(name), name).toContain(`| ${number(least)} to ${number(most)} |`);
    }
    const text = read('README.md');
    const { MAX_BODY_BYTES, ...others } = Object.fromEntries(
      Object.entries(limits).filter(([name, value]) => name.startsWith('MAX_') && typeof value === 'number'),
    ) as Record<string, number>;
    expect(text).toContain(`${MAX_BODY_BYTES! / 2 ** 20} MiB`);
    for (const [name, value] of Object.entries(others)) expect(text.includes(number(value)), name).toBe(true);
  });

  test('says what publish does', () => {
    expect(read('README.md')).toMatch(/^npx ganymede publish /m);
    expect(read('README.md')).toMatch(/^- `publish` /m);
  });
});
