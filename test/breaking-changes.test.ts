// The schema held against that of the last release. What breaks clients is made on purpose or not at all: CHANGELOG.md
// names it under "Breaking changes of the schema", in the words of graphql-js, and says what to do. CONTRIBUTING.md
// tells how to make such a change, and what a release does.

import { readFileSync } from 'node:fs';
import { buildSchema, findBreakingChanges, findDangerousChanges } from 'graphql';
import { describe, expect, test } from 'vitest';

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const released = read('schema.released.graphql');
const current = read('schema.graphql');
const changelog = read('CHANGELOG.md');

/** The text under a heading, to the next heading of its kind or of a higher one; empty if there is none such. */
function under(heading: string, text: string): string {
  const [marks] = heading.split(' ');
  const [, after = ''] = `\n${text}`.split(`\n${heading}\n`);
  return after.split(new RegExp(`^#{1,${marks!.length}} `, 'm'))[0]!;
}

/** The first code of each entry, which may wrap. */
function listedIn(text: string): string[] {
  const section = under('### Breaking changes of the schema', under('## Unreleased', text));
  return [...section.matchAll(/^- `([^`]+)`/gm)].map(([, change]) => change!.replace(/\s+/g, ' '));
}

/** What was broken unannounced, and what was announced and did not happen. */
function compare(before: string, now: string, changes: string) {
  const broken = findBreakingChanges(buildSchema(before), buildSchema(now)).map(({ description }) => description);
  const listed = listedIn(changes);
  return {
    unannounced: broken.filter((change) => !listed.includes(change)),
    idle: listed.filter((change) => !broken.includes(change)),
  };
}

describe('schema.graphql', () => {
  test('breaks no client of the last release but as CHANGELOG.md says', () => {
    expect(compare(released, current, changelog), 'CONTRIBUTING.md: "To break the schema on purpose"').toEqual({
      unannounced: [],
      idle: [],
    });
  });

  test('lists what may surprise a client, which is no reason to fail', () => {
    const dangers = findDangerousChanges(buildSchema(released), buildSchema(current));
    for (const { description } of dangers) console.info(`may surprise a client: ${description}`);
  });

  test('is compared with the release that CHANGELOG.md names last', () => {
    const [, newest] = /^## (\d\S*)/m.exec(changelog) ?? [];
    expect(released.split('\n')[0]).toMatch(`# The schema of the last release, ${newest}.`);
  });
});

describe('the comparison', () => {
  const before = 'type Query { score: Float!, logit: Float! }';
  const changes = (entry: string) => `## Unreleased\n\n### Breaking changes of the schema\n\n${entry}\n\n## 0.1.0\n`;

  test('names each break that nobody announced', () => {
    expect(compare(before, 'type Query { score: Float }', changes('')).unannounced).toEqual([
      'Query.logit was removed.',
      'Query.score changed type from Float! to Float.',
    ]);
  });

  test('lets pass what was announced, also over two lines, and what breaks nobody', () => {
    const now = 'type Query { score: Float, logit: Float!, label: String }';
    const entry = '- `Query.score changed type from\n  Float! to Float.` Look for null.';
    expect(compare(before, now, changes(entry))).toEqual({ unannounced: [], idle: [] });
  });

  test('counts no announcement of an earlier release', () => {
    const old = `## Unreleased\n\n${changes('- `Query.logit was removed.`').replace('Unreleased', '0.1.0')}`;
    expect(compare(before, 'type Query { score: Float! }', old).unannounced).toEqual(['Query.logit was removed.']);
  });

  test('names an announcement of what did not happen', () => {
    expect(compare(before, before, changes('- `Query.logit was removed.`')).idle).toEqual(['Query.logit was removed.']);
  });
});
