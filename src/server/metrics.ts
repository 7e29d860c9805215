// What Prometheus reads at /metrics, and an admin by GraphQL. Each of our metrics is a row of a table, whose numbers
// are taken from the parts at the moment of reading; prom-client writes them, and adds those of the process.
// docs/operate.md lists them, and docs/grafana-dashboard.json shows them; tests hold the three together.

import { AggregatorRegistry, collectDefaultMetrics, type Metric, type MetricObject, Registry } from 'prom-client';
import type { GraphEngine } from '../engine/engine.js';
import { DECODE_SECONDS, ENCODE_SECONDS } from '../images/times.js';
import { inTurn } from '../images/turns.js';
import type { Distribution, Metric as Measured, Series, Spread } from '../measures.js';
import type { BatcherStats } from '../models/batcher.js';
import type { Model } from '../models/model.js';
import type { ModelRepository } from '../models/repository.js';
import type { RouteTraffic, Traffic } from './traffic.js';

/** The parts that are watched. */
export interface Watched {
  readonly repository: Pick<ModelRepository, 'list' | 'versions' | 'swaps' | 'problems'>;
  readonly engine: Pick<GraphEngine, 'workers' | 'healthy' | 'stats' | 'remote'>;
  readonly traffic: Traffic;
  /** What `numbers` gives in the other server processes; absent where there are none. */
  others?(): Promise<readonly unknown[]>;
}

type Labels = Readonly<Record<string, string | number>>;
type Numbers<T> = Iterable<readonly [Labels, T]>;

interface Row<T> {
  /** Without `ganymede_`. */
  readonly name: string;
  readonly help: string;
  read(parts: Watched): Numbers<T> | Promise<Numbers<T>>;
  /** What the numbers of several server processes make together; their sum, where it is left out. */
  readonly together?: 'sum' | 'min' | 'max';
}

const COUNTERS: readonly Row<number>[] = [
  {
    name: 'http_requests_total',
    help: 'Requests that ended, by method, pattern of the route and status; "aborted" where the client left first.',
    read: ({ traffic }) =>
      routesOf(traffic).flatMap(([labels, { statuses }]) =>
        Array.from(statuses, ([status, count]) => [{ ...labels, status }, count] as const),
      ),
  },
  {
    name: 'http_sent_bytes_total',
    help: 'Bytes written to clients, heads included.',
    read: ({ traffic }) => routesOf(traffic).map(([labels, { bytes }]) => [labels, bytes]),
  },
  {
    name: 'http_broken_requests_total',
    help: 'Connections that were ended because what came was not HTTP, or came too slowly.',
    read: ({ traffic }) => [[{}, traffic.broken]],
  },
  {
    name: 'graphql_operations_total',
    help: 'Operations, by kind and outcome: "partial" lacks some fields, "failed" all of them.',
    read: ({ traffic }) =>
      Object.entries(traffic.operations).flatMap(([kind, outcomes]) =>
        Object.entries(outcomes).map(([outcome, count]) => [{ kind, outcome }, count] as const),
      ),
  },
  {
    name: 'errors_total',
    help: 'Errors of requests, by code, and whether by GraphQL or by plain HTTP. ERRORS.md explains the codes.',
    read: ({ traffic }) =>
      Object.entries(traffic.errors).flatMap(([face, codes]) =>
        Array.from(codes, ([code, count]) => [{ face, code }, count] as const),
      ),
  },
  {
    name: 'spent_total',
    help: 'What requests asked for of the resources that are bounded, up to where they were refused.',
    read: ({ traffic }) => Object.entries(traffic.spent).map(([resource, amount]) => [{ resource }, amount]),
  },
  {
    name: 'model_swaps_total',
    together: 'max',
    help: 'How often another version of a model became the active one while the server served.',
    read: ({ repository }) =>
      repository.list().map(({ name }) => [{ model: name }, repository.swaps.get(name) ?? 0] as const),
  },
  {
    name: 'engine_crashes_total',
    help: 'Workers that crashed and were replaced.',
    read: ({ engine }) => [[{}, engine.stats.crashes]],
  },
  {
    name: 'engine_retries_total',
    help: 'Runs that another server was asked for again, because a connection to it was lost.',
    read: ({ engine }) => [[{}, engine.remote?.retries ?? 0]],
  },
];

const GAUGES: readonly Row<number>[] = [
  {
    name: 'http_requests_in_flight',
    help: 'Requests that are being answered.',
    read: ({ traffic }) => [[{}, traffic.inFlight]],
  },
  {
    name: 'http_connections',
    help: 'Connections that are open.',
    read: async ({ traffic }) => [[{}, await traffic.connections()]],
  },
  {
    name: 'model_loaded',
    together: 'max',
    help: 'Versions that are served: 1 with its graphs in the engine, 0 until its first use.',
    read: ({ repository }) =>
      versionsOf(repository).map((model) => [labelsOf(model), Object.keys(model.stats()).length > 0 ? 1 : 0]),
  },
  {
    name: 'model_active',
    together: 'max',
    help: 'Versions that are served: 1 for the one that answers where none is named, 0 for the others.',
    read: ({ repository }) => {
      const active = new Set(repository.list());
      return versionsOf(repository).map((model) => [labelsOf(model), active.has(model) ? 1 : 0]);
    },
  },
  {
    name: 'model_problems',
    together: 'max',
    help: 'Versions and files of models that are not served as their folder says; the log says why.',
    read: ({ repository }) => [[{}, repository.problems.length]],
  },
  {
    name: 'queue_rows',
    help: 'Rows that wait for a batch of a graph.',
    read: ({ repository }) => queuesOf(repository).map(([labels, { queued }]) => [labels, queued]),
  },
  {
    name: 'engine_healthy',
    together: 'min',
    help: '1, or 0 once the engine has given up because its workers kept crashing, or while the server that runs the graphs is not ready.',
    read: ({ engine }) => [[{}, engine.healthy ? 1 : 0]],
  },
  {
    name: 'engine_remote',
    together: 'max',
    help: '1 where another server runs the graphs, which calls itself `server`; 0 where threads of this process do.',
    read: ({ engine: { remote } }) => [[{ server: remote?.server ?? '' }, remote ? 1 : 0]],
  },
  {
    name: 'engine_workers',
    help: 'Threads that run graphs, or runs that another server is asked for at once.',
    read: ({ engine }) => [[{}, engine.workers]],
  },
  {
    name: 'engine_busy_workers',
    help: 'Those that run a graph now.',
    read: ({ engine }) => [[{}, engine.stats.busy]],
  },
  {
    name: 'engine_waiting_runs',
    help: 'Graphs that have rows and wait for a worker.',
    read: ({ engine }) => [[{}, engine.stats.waiting]],
  },
  {
    name: 'image_running_tasks',
    help: 'Images that are being decoded or encoded, small PNGs that are written not counted.',
    read: () => [[{}, inTurn.line.running]],
  },
  {
    name: 'image_waiting_tasks',
    help: 'Images that wait to be decoded or encoded.',
    read: () => [[{}, inTurn.line.waiting]],
  },
];

const HISTOGRAMS: readonly Row<Distribution>[] = [
  {
    name: 'http_request_seconds',
    help: 'Time from the head of a request to the end of its answer.',
    read: ({ traffic }) => routesOf(traffic).map(([labels, { seconds }]) => [labels, seconds]),
  },
  {
    name: 'queue_wait_seconds',
    help: 'Time that work waited for a batch of a graph.',
    read: ({ repository }) => queuesOf(repository).map(([labels, { waits }]) => [labels, waits]),
  },
  {
    name: 'batch_rows',
    help: 'Rows of each batch of a graph.',
    read: ({ repository }) => queuesOf(repository).map(([labels, { sizes }]) => [labels, sizes]),
  },
  {
    name: 'engine_run_seconds',
    help: 'Time of each run of a graph, the first ones when it was loaded included.',
    read: ({ engine }) =>
      Array.from(engine.stats.runs, ([path, seconds]) => {
        const [model = '', version = '', graph = ''] = path.split('/'); // named by src/models/repository.ts
        return [{ model, version, graph }, seconds];
      }),
  },
  {
    name: 'image_decode_seconds',
    help: 'Time to read an image that a client sent, by format.',
    read: () => byFormat(DECODE_SECONDS),
  },
  {
    name: 'image_encode_seconds',
    help: 'Time to write an image, by format.',
    read: () => byFormat(ENCODE_SECONDS),
  },
  {
    name: 'image_wait_seconds',
    help: 'Time that images waited to be decoded or encoded.',
    read: () => [[{}, inTurn.line.waits]],
  },
];

const TABLE = { counter: COUNTERS, gauge: GAUGES, histogram: HISTOGRAMS } as const;

/** Of ours: name → kind. */
export const METRICS: ReadonlyMap<string, keyof typeof TABLE> = new Map(
  (['counter', 'gauge', 'histogram'] as const).flatMap((kind) =>
    TABLE[kind].map(({ name }) => [`ganymede_${name}`, kind] as const),
  ),
);

export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #registry: Registry;
  readonly #others: Watched['others'];

  constructor(parts: Watched) {
    this.#others = parts.others;
    const ours = new Registry();
    for (const row of COUNTERS) register(ours, 'counter', row, parts, single);
    for (const row of GAUGES) register(ours, 'gauge', row, parts, single);
    for (const row of HISTOGRAMS) register(ours, 'histogram', row, parts, buckets);
    this.#registry = Registry.merge([ours, ofProcess()]);
  }

  /** In Prometheus' text format, for all server processes together. */
  async text(): Promise<string> {
    return (await this.#ofAll()).metrics();
  }

  /** The same as plain numbers. */
  async list(): Promise<readonly Measured[]> {
    const metrics = (await (await this.#ofAll()).getMetricsAsJSON()) as unknown as readonly Told[];
    return metrics.flatMap(({ name, help, type, values }) => {
      if (type === 'summary') return []; // nothing here has one
      return [{ name, help, kind: type, series: type === 'histogram' ? spreadsOf(values) : values }];
    });
  }

  async #ofAll(): Promise<Registry> {
    if (!this.#others) return this.#registry;
    const [own, others] = await Promise.all([this.numbers(), this.#others()]);
    return AggregatorRegistry.aggregate([own, ...(others as MetricObject[][])]);
  }

  /** Of this process, for another to add. */
  numbers(): Promise<object[]> {
    return this.#registry.getMetricsAsJSON();
  }
}

/** A metric as prom-client gives it; its own type says an enum of numbers where it gives texts. */
interface Told {
  readonly name: string;
  readonly help: string;
  readonly type: keyof typeof TABLE | 'summary';
  readonly values: readonly Line[];
}

/** One line of the text format. */
interface Line {
  readonly metricName: string;
  readonly labels: Labels;
  readonly value: number;
}

/**
 * A registry asks each metric for its numbers by `get`. Its type names prom-client's own four classes, which keep the
 * numbers themselves; ours are kept by the parts.
 */
function register<T>(
  registry: Registry,
  type: keyof typeof TABLE,
  { name, help, read, together = 'sum' }: Row<T>,
  parts: Watched,
  lines: (name: string, labels: Labels, value: T) => readonly Line[],
): void {
  const full = `ganymede_${name}`;
  const get = async () => {
    const values = Array.from(await read(parts), ([labels, value]) => lines(full, labels, value)).flat();
    return { name: full, help, type, values, aggregator: together };
  };
  registry.registerMetric({ name: full, get } as unknown as Metric);
}

function single(metricName: string, labels: Labels, value: number): readonly Line[] {
  return [{ metricName, labels, value }];
}

/** Buckets count all values up to their bound. */
function buckets(name: string, labels: Labels, { bounds, counts, count, sum }: Distribution): readonly Line[] {
  let upTo = 0;
  return [
    ...bounds.map((le, i) => {
      upTo += counts[i]!;
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: upTo };
    }),
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

/** The way back from the lines of a histogram: one distribution for each set of labels. */
function spreadsOf(lines: readonly Line[]): Series[] {
  const groups = new Map<string, { readonly labels: Labels; readonly lines: Line[] }>();
  for (const line of lines) {
    const { le: _, ...labels } = line.labels;
    const name = JSON.stringify(Object.entries(labels).sort());
    const group = groups.get(name) ?? { labels, lines: [] };
    group.lines.push(line);
    groups.set(name, group);
  }
  return Array.from(groups.values(), (group) => ({ labels: group.labels, value: spreadOf(group.lines) }));
}

function spreadOf(lines: readonly Line[]): Spread {
  const total = (end: string) => lines.find(({ metricName }) => metricName.endsWith(end))?.value ?? 0;
  const upTo = lines
    .filter(({ labels: { le } }) => le !== undefined && le !== '+Inf')
    .map(({ labels: { le }, value }) => [Number(le), value] as const)
    .sort(([a], [b]) => a - b);
  const count = total('_count');
  const below = [...upTo.map(([, value]) => value), count];
  return {
    bounds: upTo.map(([bound]) => bound),
    counts: below.map((value, i) => value - (below[i - 1] ?? 0)),
    ...{ count, sum: total('_sum') },
  };
}

let processRegistry: Registry | undefined;

/** Event loop, memory, CPU and garbage collection under the names that all Node programs have: once a process. */
function ofProcess(): Registry {
  if (!processRegistry) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry });
  }
  return processRegistry;
}

function routesOf({ routes }: Traffic): (readonly [Labels, RouteTraffic])[] {
  return Array.from(routes, ([route, methods]) =>
    Array.from(methods, ([method, traffic]) => [{ method, route }, traffic] as const),
  ).flat();
}

function versionsOf(repository: Watched['repository']): readonly Model[] {
  return repository.list().flatMap(({ name }) => repository.versions(name));
}

function labelsOf({ name, version }: Model): Labels {
  return { model: name, version };
}

/** Of the graphs that are loaded. */
function queuesOf(repository: Watched['repository']): (readonly [Labels, BatcherStats])[] {
  return versionsOf(repository).flatMap((model) =>
    Object.entries(model.stats()).map(([graph, stats]) => [{ ...labelsOf(model), graph }, stats] as const),
  );
}

function byFormat(times: Readonly<Record<string, Distribution>>): Numbers<Distribution> {
  return Object.entries(times).map(([format, seconds]) => [{ format: format.toLowerCase() }, seconds] as const);
}
