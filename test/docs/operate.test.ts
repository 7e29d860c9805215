// docs/grafana-dashboard.json and the alerts of docs/operate.md, held against what a server shows at /metrics: every
// metric and label that they name exists, every metric of ours is shown and explained, and PromQL's own grammar reads
// every expression.

import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { beforeAll, describe, expect, test } from 'vitest';
import { METRICS } from '../../src/server/metrics.js';
import { readExposition } from '../server/exposition.js';
import { useServer } from '../server/harness.js';

const read = (file: string) => readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
const server = useServer({ metrics: { where: 'local' } });

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
}

const dashboard = JSON.parse(read('grafana-dashboard.json')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
};
const targets = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })));
const alerts = [...read('operate.md').matchAll(/^ +expr: (.+)$/gm)].map(([, expr]) => expr!);

/** Series → labels, histograms' own three names included. */
const labels = new Map<string, ReadonlySet<string>>();

beforeAll(async () => {
  const { current } = server;
  await current.query('{ sample(model: "tiny", seed: 1) { image { dataUri } score { logit } } }');
  const { body } = await current.app.inject('/metrics');
  const { families, series } = readExposition(body);
  for (const key of series.keys()) {
    const [name = '', list = ''] = key.split(/[{}]/);
    const of = Array.from(list.matchAll(/(\w+)="/g), ([, label]) => label!);
    labels.set(name, new Set([...(labels.get(name) ?? []), ...of]));
  }
  // The parts of a histogram that has seen nothing.
  for (const [name, { type }] of families) {
    if (type !== 'histogram') continue;
    for (const part of ['bucket', 'sum', 'count'])
      labels.set(`${name}_${part}`, labels.get(`${name}_${part}`) ?? new Set());
  }
});

/** The names of metrics and labels in an expression. Grafana's variables are put in first, as Grafana does. */
function namesIn(expr: string): { metrics: string[]; labels: string[]; faults: string[] } {
  const text = expr.replaceAll('$__rate_interval', '5m').replaceAll('$model', '.*');
  const found = { metrics: [] as string[], labels: [] as string[], faults: [] as string[] };
  parser.parse(text).iterate({
    enter({ name, from, to, type }) {
      const word = text.slice(from, to);
      if (type.isError) found.faults.push(text.slice(Math.max(0, from - 10), to + 10));
      if (name === 'Identifier') found.metrics.push(word);
      if (name === 'LabelName') found.labels.push(word);
    },
  });
  return found;
}

const expressions = [
  ...targets.map(({ title, expr }) => [title, expr] as const),
  ...alerts.map((a) => ['alert', a] as const),
];

describe('each expression', () => {
  test.each(expressions)('of %s, %s, is PromQL over metrics and labels that exist', (_, expr) => {
    const { metrics, labels: used, faults } = namesIn(expr);
    expect(faults).toEqual([]);
    expect(metrics.length).toBeGreaterThan(0);
    expect(metrics.filter((name) => !labels.has(name) && name !== 'up')).toEqual([]);
    const known = new Set(['job', 'instance', ...metrics.flatMap((name) => [...(labels.get(name) ?? [])])]);
    expect(used.filter((label) => !known.has(label))).toEqual([]);
  });
});

describe('the dashboard', () => {
  test('shows every metric of ours', () => {
    const shown = new Set(targets.flatMap(({ expr }) => namesIn(expr).metrics));
    const family = (name: string) => [...METRICS.keys()].find((known) => name.startsWith(known)) ?? name;
    const families = new Set(Array.from(shown, family));
    expect([...METRICS.keys()].filter((name) => !families.has(name))).toEqual([]);
  });

  test('labels each line by what its expression keeps', () => {
    for (const { title, expr, legendFormat } of targets) {
      const named = Array.from(legendFormat.matchAll(/\{\{(\w+)\}\}/g), ([, label]) => label!);
      expect(namesIn(expr).labels, title).toEqual(expect.arrayContaining(named));
    }
  });

  test('has panels that lie side by side, each under a number of its own', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
  });

  test('asks for models by a metric that exists', () => {
    const definitions = dashboard.templating.list.flatMap(({ definition }) => definition ?? []);
    for (const definition of definitions) {
      const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(definition) ?? [];
      expect(labels.get(metric), definition).toContain(label);
    }
  });
});

describe('docs/operate.md', () => {
  test('explains every metric of ours, with its kind, and no other', () => {
    const rows = [...read('operate.md').matchAll(/^\| `(ganymede_\w+)` \| (\w+) \|/gm)];
    expect(new Map(rows.map(([, name, kind]) => [name, kind]))).toEqual(METRICS);
  });

  test('warns by expressions', () => {
    expect(alerts.length).toBeGreaterThan(5);
  });
});
