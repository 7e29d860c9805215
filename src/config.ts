// The server's settings: read from the environment once, checked, and plain data from then on. A wrong one stops the
// start with CONFIG_INVALID.

import { tmpdir, totalmem } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Role } from './access/role.js';
import type { TokenOptions } from './access/tokens.js';
import { GanymedeError } from './errors.js';

const MIB = 2 ** 20;

/** An empty variable (`PORT= npm start`) counts as not set. */
function setting<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => (value === '' ? undefined : value), schema);
}

function wholeNumber(least: number, most: number) {
  const range = `a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d+$/, range)
    .transform(Number)
    .refine((value) => value >= least && value <= most, range);
}

function oneOf<const T extends readonly [string, ...string[]]>(...values: T) {
  return z.enum(values, `one of ${values.join(', ')}`);
}

/** One for all servers of a user on a machine: whoever knows an upload's id may name it to any of them. */
function temporaryFolder(): string {
  return join(tmpdir(), `ganymede-uploads-${process.getuid?.() ?? 'user'}`);
}

/** A list with commas, each as a browser will send it: `https://Example.com:443/` is `https://example.com`. */
function origins() {
  const what = 'exact origins such as https://www.example.com, with commas between them';
  return z.string().transform((text, context) => {
    const list = text.split(',').map((one) => originOf(one.trim()));
    const known = list.filter((origin) => origin !== undefined);
    if (known.length < list.length) context.addIssue({ code: 'custom', message: what });
    return known;
  });
}

/** Undefined where text is more or less than an origin: a path, a wildcard, "null", no scheme. */
function originOf(text: string): string | undefined {
  if (!/^https?:\/\/[^/?#@\\*\s]+\/?$/i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text).origin;
}

/**
 * The folders of models that a text names, as PATH names folders: divided by `:`, on Windows by `;`. The first is the
 * one that is written, all are read. Without a text the folder that comes with the program.
 */
export function checkpointFolders(text: string | undefined): readonly string[] {
  const folders = paths(text ?? '');
  return folders.length > 0 ? [...new Set(folders)] : [SHIPPED_CHECKPOINTS];
}

/** What comes with the program. */
export const SHIPPED_CHECKPOINTS = fileURLToPath(new URL('../checkpoints', import.meta.url));
/** As PATH names folders. */
function paths(text: string): readonly string[] {
  return text.split(delimiter).filter((path) => path !== '');
}

/** What a client may take and make the server keep; a server that is built without settings has the same. */
export const CONNECTION_DEFAULTS = {
  requestSeconds: 30,
  responseSeconds: 60,
  maxConnections: 4000,
  maxHeldBytes: 256 * MIB,
} as const;

/** Public keys alone: with a shared secret whoever checks a token could sign one. RFC 7518 §3.1, RFC 8037. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

function algorithms() {
  const what = `some of ${ALGORITHMS.join(', ')}, with commas between them`;
  const list = z.string().transform((text) => text.split(',').map((one) => one.trim()));
  return list.refine((names) => names.every((name) => ALGORITHMS.includes(name)), what);
}

/** "staff=scorer,owners=admin". */
function roles() {
  const what = 'pairs of a value and a role, such as staff=scorer,owners=admin';
  return z.string().transform((text, context) => {
    const pairs = text.split(',').map((pair) => /^\s*(.+)=(viewer|scorer|admin)\s*$/.exec(pair));
    if (pairs.includes(null)) context.addIssue({ code: 'custom', message: what });
    return Object.fromEntries(pairs.flatMap((pair) => (pair ? [[pair[1]!, pair[2] as Role]] : [])));
  });
}

/** An address over TLS, one of this machine, or a file. */
function keySet() {
  const what = 'an https address, an http address of this machine, or a file';
  return z.string().refine((text) => {
    if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return true;
    if (!URL.canParse(text)) return false;
    const { protocol, hostname } = new URL(text);
    return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, '')));
  }, what);
}

/** Points a minute by role: a thousand are a request that asks for all that one may. */
const RATES = { anonymous: 6000, viewer: 12_000, scorer: 24_000 } as const;

export type Rates = Readonly<Partial<Record<Role | 'anonymous', number>>>;

/** "anonymous=600,viewer=6000", "none", or one number for all but admins. */
function rates() {
  const what = 'none, points a minute, or pairs such as anonymous=600,admin=none';
  return z.string().transform((text, context): Rates => {
    if (text === 'none') return {};
    if (/^[1-9]\d{0,11}$/.test(text)) {
      return { anonymous: Number(text), viewer: Number(text), scorer: Number(text) };
    }
    const all: Partial<Record<Role | 'anonymous', number>> = { ...RATES };
    for (const pair of text.split(',')) {
      const [, role, points] = /^\s*(anonymous|viewer|scorer|admin)=(none|[1-9]\d{0,11})\s*$/.exec(pair) ?? [];
      if (role === undefined) context.addIssue({ code: 'custom', message: what });
      else if (points === 'none') delete all[role as Role];
      else all[role as Role] = Number(points);
    }
    return all;
  });
}

function key(least: number, what: string) {
  return z.string().regex(new RegExp(`^[\\x21-\\x7e]{${least},}$`), what);
}

/** kserve://host:port, or kserve+https:// where it is over TLS; a path leads to the folder in which its /v2 is. */
function engine() {
  const what = 'the address of a server of the Open Inference Protocol, kserve://host:port or kserve+https://host:port';
  return z.string().transform((address, context) => {
    const [, tls, rest] = /^kserve(\+https)?:\/\/(.+)$/.exec(address) ?? [];
    const url = `${tls ? 'https' : 'http'}://${rest}`;
    const { username = '', search = '', hash = '' } = rest && URL.canParse(url) ? new URL(url) : { username: '?' };
    if (username + search + hash !== '') context.addIssue({ code: 'custom', message: what });
    return { address, url };
  });
}

/** Variable → what it may hold. `WORKERS` left out is 1; `THREADS`, the cores but one, shared among workers. */
const Environment = z.object({
  HOST: setting(z.string().default('127.0.0.1')),
  PORT: setting(wholeNumber(0, 65_535).default(4000)), // 0: any free port
  PUBLIC_URL: setting(z.url({ protocol: /^https?$/, error: 'an http or https URL' }).optional()),
  CORS_ORIGIN: setting(origins().default([])),
  UPLOADS: setting(z.string().default(temporaryFolder)),
  CHECKPOINTS: setting(z.string().optional().transform(checkpointFolders)),
  DATA: setting(z.string().optional()),
  DATA_ROOTS: setting(z.string().default('').transform(paths)),
  REDIS_URL: setting(z.url({ protocol: /^rediss?$/, error: 'a URL of Redis, redis://… or rediss://…' }).optional()),
  LEASE_SECONDS: setting(wholeNumber(3, 3600).default(30)),
  JOB_MEMORY_MIB: setting(wholeNumber(64, 2 ** 30).optional()), // left out: most of what there is
  JOB_MINUTES: setting(wholeNumber(1, 5_256_000).optional()), // left out: as long as it takes
  JOB_DISK_MIB: setting(wholeNumber(1, 2 ** 30).default(10_240)),
  SMALL_JOBS: setting(wholeNumber(0, 64).default(4)),
  DISK_RESERVE_MIB: setting(wholeNumber(0, 2 ** 30).default(256)),
  DATA_UPLOAD_MIB: setting(wholeNumber(1, 1_048_576).default(4096)), // of one file
  DATA_UPLOADS_MIB: setting(wholeNumber(1, 16_777_216).default(16_384)), // of all
  ENGINE: setting(engine().optional()), // left out, threads of this process
  ENGINE_KEY: setting(key(1, 'printable ASCII without spaces').optional()),
  ENGINE_SECONDS: setting(wholeNumber(1, 3600).default(30)),
  DEVICE: setting(oneOf('cpu', 'webgpu', 'cuda').default('cpu')),
  WORKERS: setting(wholeNumber(1, 256).optional()),
  THREADS: setting(wholeNumber(1, 256).optional()), // per worker
  CLUSTER: setting(wholeNumber(1, 64).default(1)), // server processes
  REQUEST_SECONDS: setting(wholeNumber(1, 3600).default(CONNECTION_DEFAULTS.requestSeconds)),
  RESPONSE_SECONDS: setting(wholeNumber(1, 3600).default(CONNECTION_DEFAULTS.responseSeconds)),
  MAX_CONNECTIONS: setting(wholeNumber(1, 1_000_000).default(CONNECTION_DEFAULTS.maxConnections)),
  MAX_HELD_MIB: setting(wholeNumber(16, 1_048_576).default(CONNECTION_DEFAULTS.maxHeldBytes / MIB)),
  AUTH: setting(oneOf('keys', 'view', 'none').optional()),
  JWKS: setting(keySet().optional()),
  JWT_ISSUER: setting(z.string().optional()),
  JWT_AUDIENCE: setting(z.string().optional()),
  JWT_ALGORITHMS: setting(algorithms().default(['RS256', 'PS256', 'ES256', 'EdDSA'])),
  JWT_ROLE_CLAIM: setting(z.string().default('role')),
  JWT_ROLES: setting(roles().default({ viewer: 'viewer', scorer: 'scorer', admin: 'admin' })),
  RATE_LIMIT: setting(rates().default(RATES)),
  METRICS_KEY: setting(key(16, 'at least 16 characters of ASCII without spaces').optional()),
  METRICS_PORT: setting(wholeNumber(1, 65_535).optional()),
  PERSISTED_DOCUMENTS: setting(z.string().optional()),
  PERSISTED_ONLY: setting(oneOf('on', 'off', 'true', 'false').default('off')),
  LOG_LEVEL: setting(oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent').default('warn')),
  INTROSPECTION: setting(oneOf('on', 'off', 'true', 'false').optional()), // "true" is on, "false" off
  NODE_ENV: setting(z.string().optional()),
});

/**
 * Where `/metrics` is: on a port of its own, or beside GraphQL. With a key it is for those who send it. Without one it
 * is, beside GraphQL, for requests from this machine alone (`local`).
 */
export type MetricsConfig =
  | { readonly where: 'nowhere' }
  | { readonly where: 'port'; readonly port: number; readonly key?: string }
  | { readonly where: 'local' }
  | { readonly where: 'key'; readonly key: string };

export interface Config {
  readonly host: string;
  readonly port: number;
  /** Start of every `Image.url`, without a slash at the end; left out, the address by which the client came. */
  readonly publicUrl?: string;
  /** The folder of images that clients send ahead. */
  readonly uploads: string;
  /** Whose pages may read answers, besides those of the server's own address. */
  readonly corsOrigins: readonly string[];
  /** Whether pages of this machine may, whatever their port: while the server is for this machine alone. */
  readonly loopbackOrigins: boolean;
  /** What those may who ask without a key; left out, on this machine alone and without any key, everything. */
  readonly auth?: 'keys' | 'view' | 'none';
  /** Of an identity provider. */
  readonly tokens?: TokenOptions;
  /** Points a minute, by role; those of a role that is left out are not counted. */
  readonly rates: Rates;
  /** Folders of models. The first is the one that is written, all are read. */
  readonly checkpoints: readonly string[];
  /** Of jobs: their database, their runs, their data. */
  readonly data: string;
  /** Whether the settings name it: another server that works there is then a reason not to start. */
  readonly dataIsNamed: boolean;
  /** Folders under which jobs may read data. */
  readonly dataRoots: readonly string[];
  /**
   * Where jobs go instead, for workers to take; from one that is not heard from for `leaseMs` its job is taken away.
   */
  readonly redis?: { readonly url: string; readonly leaseMs: number };
  /** So many trainings that take little run at once beside the one job of the CPU. */
  readonly smallJobs: number;
  /** What one job may take, and what it leaves free on the disk. */
  readonly jobLimits: {
    readonly memoryMiB: number;
    readonly minutes: number;
    readonly diskMiB: number;
    readonly reserveMiB: number;
  };
  /** Of files of data that are sent: the bytes of one, and of all that wait to become a data set. */
  readonly dataUploads: { readonly mostBytes: number; readonly mostOfAll: number };
  /** The server that runs the graphs; left out, this one does. */
  readonly remote?: { readonly address: string; readonly url: string; readonly key?: string; readonly seconds: number };
  readonly device: 'cpu' | 'webgpu' | 'cuda';
  /** Server processes on one port. */
  readonly cluster: number;
  readonly workers?: number;
  readonly threadsPerWorker?: number;
  /** For a whole request to arrive, from its first byte to its last. */
  readonly requestSeconds: number;
  /** For a client to read an answer. */
  readonly responseSeconds: number;
  /** At once. */
  readonly maxConnections: number;
  /** Of bodies and of unread answers, all clients together. */
  readonly maxHeldBytes: number;
  readonly logLevel: string;
  /** A file of documents that clients may name instead of sending them. */
  readonly persistedDocuments?: string;
  /** Whether these are all that is run. */
  readonly persistedOnly: boolean;
  /**
   * Whether clients may ask for the schema, GraphiQL among them. On, unless NODE_ENV is "production", nothing but
   * persisted documents is run, or INTROSPECTION says so.
   */
  readonly introspection: boolean;
  readonly metrics: MetricsConfig;
}

export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) throw invalid(parsed.error, environment);
  const persistedOnly = isOn(parsed.data.PERSISTED_ONLY);
  const { HOST, PORT, PUBLIC_URL, DEVICE, WORKERS, THREADS, LOG_LEVEL, INTROSPECTION, NODE_ENV } = parsed.data;
  const {
    DATA,
    DATA_ROOTS,
    REDIS_URL,
    LEASE_SECONDS,
    DATA_UPLOAD_MIB,
    DATA_UPLOADS_MIB,
    CORS_ORIGIN,
    UPLOADS,
    PERSISTED_DOCUMENTS,
    REQUEST_SECONDS,
    RESPONSE_SECONDS,
    MAX_CONNECTIONS,
    MAX_HELD_MIB,
  } = parsed.data;
  if (persistedOnly && PERSISTED_DOCUMENTS === undefined) throw nothingToRun();
  return {
    host: HOST,
    port: PORT,
    uploads: UPLOADS,
    corsOrigins: CORS_ORIGIN,
    loopbackOrigins: isForThisMachine(parsed.data),
    ...foldersOf(parsed.data),
    rates: parsed.data.RATE_LIMIT,
    ...tokensOf(parsed.data),
    ...(parsed.data.AUTH !== undefined && { auth: parsed.data.AUTH }),
    dataIsNamed: DATA !== undefined,
    dataRoots: DATA_ROOTS,
    jobLimits: jobLimitsOf(parsed.data),
    smallJobs: parsed.data.SMALL_JOBS,
    dataUploads: { mostBytes: DATA_UPLOAD_MIB * MIB, mostOfAll: DATA_UPLOADS_MIB * MIB },
    device: DEVICE,
    cluster: parsed.data.CLUSTER,
    requestSeconds: REQUEST_SECONDS,
    responseSeconds: RESPONSE_SECONDS,
    maxConnections: MAX_CONNECTIONS,
    maxHeldBytes: MAX_HELD_MIB * MIB,
    logLevel: LOG_LEVEL,
    persistedOnly,
    introspection: INTROSPECTION === undefined ? NODE_ENV !== 'production' && !persistedOnly : isOn(INTROSPECTION),
    metrics: metricsOf(parsed.data),
    ...(REDIS_URL !== undefined && { redis: { url: REDIS_URL, leaseMs: LEASE_SECONDS * 1000 } }),
    ...(PUBLIC_URL !== undefined && { publicUrl: PUBLIC_URL.replace(/\/+$/, '') }),
    ...(PERSISTED_DOCUMENTS !== undefined && { persistedDocuments: PERSISTED_DOCUMENTS }),
    ...remoteOf(parsed.data),
    ...(WORKERS !== undefined && { workers: WORKERS }),
    ...(THREADS !== undefined && { threadsPerWorker: THREADS }),
  };
}

/** Paths that mean the same in whatever folder another machine's worker was started. */
function foldersOf({ CHECKPOINTS, DATA = 'ganymede-data', REDIS_URL }: z.infer<typeof Environment>) {
  if (REDIS_URL === undefined) return { checkpoints: CHECKPOINTS, data: DATA };
  return { checkpoints: CHECKPOINTS.map((folder) => resolve(folder)), data: resolve(DATA) };
}

/** Left out, a job may have three quarters of the memory of the machine, or of what its container may have. */
function jobLimitsOf(settings: z.infer<typeof Environment>): Config['jobLimits'] {
  const contained = process.constrainedMemory() || Number.POSITIVE_INFINITY; // 0: no limit
  const memoryMiB = Math.floor((0.75 * Math.min(totalmem(), contained)) / MIB);
  return {
    memoryMiB: settings.JOB_MEMORY_MIB ?? memoryMiB,
    minutes: settings.JOB_MINUTES ?? Number.POSITIVE_INFINITY,
    diskMiB: settings.JOB_DISK_MIB,
    reserveMiB: settings.DISK_RESERVE_MIB,
  };
}

function remoteOf({
  ENGINE,
  ENGINE_KEY: key,
  ENGINE_SECONDS: seconds,
}: z.infer<typeof Environment>): Pick<Config, 'remote'> {
  return ENGINE ? { remote: { ...ENGINE, seconds, ...(key !== undefined && { key }) } } : {};
}

function tokensOf(settings: z.infer<typeof Environment>): Pick<Config, 'tokens'> {
  const { JWKS: jwks, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = settings;
  if (jwks === undefined && issuer === undefined && audience === undefined) return {};
  if (jwks === undefined || issuer === undefined || audience === undefined) {
    throw new GanymedeError(
      'CONFIG_INVALID',
      'Expected JWKS, JWT_ISSUER and JWT_AUDIENCE together but received only some of them: each token is checked by all three.',
    );
  }
  const { JWT_ALGORITHMS, JWT_ROLE_CLAIM: claim, JWT_ROLES } = settings;
  return { tokens: { jwks, issuer, audience, algorithms: JWT_ALGORITHMS, claim, roles: JWT_ROLES } };
}

function isOn(value: 'on' | 'off' | 'true' | 'false'): boolean {
  return value === 'on' || value === 'true';
}

function nothingToRun(): GanymedeError {
  return new GanymedeError(
    'CONFIG_INVALID',
    'Expected PERSISTED_DOCUMENTS beside PERSISTED_ONLY but received nothing: there would be no document to run.',
  );
}

/** Variables whose value no message repeats. */
const SECRETS: ReadonlySet<string> = new Set(['METRICS_KEY', 'REDIS_URL', 'ENGINE_KEY', 'ENGINE']);

function metricsOf(settings: z.infer<typeof Environment>): MetricsConfig {
  const { METRICS_KEY: key, METRICS_PORT: port } = settings;
  if (port !== undefined) return { where: 'port', port, ...(key !== undefined && { key }) };
  if (key !== undefined) return { where: 'key', key };
  return isForThisMachine(settings) ? { where: 'local' } : { where: 'nowhere' };
}

/** With a public address a proxy stands before the server, and what comes from this machine may come from anywhere. */
function isForThisMachine({ HOST, PUBLIC_URL }: z.infer<typeof Environment>): boolean {
  return isLoopback(HOST) && PUBLIC_URL === undefined;
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(host);
}

/** Every wrong variable in one message: nobody wants to learn of them one start at a time. */
function invalid(error: z.ZodError, environment: Readonly<Record<string, string | undefined>>): GanymedeError {
  const problems = error.issues.map((issue) => {
    const variable = String(issue.path[0]);
    const received = SECRETS.has(variable) ? '(not shown)' : environment[variable];
    return { variable, expected: issue.message, received };
  });
  const sentences = problems.map((p) => `Expected ${p.variable} to be ${p.expected} but received "${p.received}".`);
  return new GanymedeError('CONFIG_INVALID', [...new Set(sentences)].join(' '), { details: { problems } });
}
