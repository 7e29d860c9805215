// The other servers of the comparison, set up as their own experts would, and how each is asked for the same thing.
// Their Python lies in bench/peers/serving; each has a virtual environment in the folder that PEERS names (see
// bench/peers/get.sh). Where one is absent its rows are.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Asked, asking, getting, posting } from './client.js';
import { shippedVersion } from './shipped.js';

export type Shipped = 'mnist' | 'faces';

/** One picture as GraphQL or by its address; z and score of 64 samples; 64 pictures. */
export type Work = 'picture' | 'address' | 'numbers' | 'pictures';

export interface Peer {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly asks: Readonly<Partial<Record<Work, Asked>>>;
  /** The PNG files of an answer to `picture`. */
  readonly pictureOf: (answer: Buffer) => Buffer;
  /** So that it takes no time of the others, and on again. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

interface Kind {
  readonly name: string;
  /** Folder within PEERS; absent for ours. */
  readonly venv?: string;
  readonly ready: string;
  readonly command: (port: number, model: Shipped, bin: string) => Promise<Command> | Command;
  readonly asks: (port: number, model: Shipped) => Peer['asks'];
  readonly pictureOf: Peer['pictureOf'];
}

interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly temporary?: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = join(ROOT, 'bench/peers/serving');
const SAMPLES = 64;

const query = (model: Shipped, count: number, fields: string): string =>
  `query ($seed: Seed) { sample(model: "${model}", count: ${count}, seed: $seed) { ${fields} } }`;

function byGraphQL(port: number, model: Shipped): Peer['asks'] {
  return {
    picture: asking(port, query(model, 1, 'image { dataUri }')),
    address: getting(port, (seed) => `/images/${model}/${shippedVersion(model)}/${seed}.png`),
    numbers: asking(port, query(model, SAMPLES, 'z score { logit }')),
    pictures: asking(port, query(model, SAMPLES, 'image { dataUri }')),
  };
}

function ours(name: string, env: NodeJS.ProcessEnv): Kind {
  return {
    name,
    ready: '/readyz',
    command: (port) => ({
      program: process.execPath,
      args: [join(ROOT, 'dist/main.js')],
      env: { ...env, PORT: `${port}`, LOG_LEVEL: 'silent', NODE_ENV: '', CHECKPOINTS: join(ROOT, 'checkpoints') },
    }),
    asks: byGraphQL,
    pictureOf: fromBase64(/base64,([^"]+)/),
  };
}

function python(name: string, workers: number): Kind {
  return {
    name,
    venv: 'python',
    ready: '/readyz',
    command: (port, _, bin) => ({
      program: join(bin, 'python'),
      args: [
        '-m',
        'uvicorn',
        'graphql_app:app',
        '--port',
        `${port}`,
        '--workers',
        `${workers}`,
        '--loop',
        'uvloop',
      ].concat(['--http', 'httptools', '--no-access-log', '--log-level', 'warning']),
    }),
    asks: byGraphQL,
    pictureOf: fromBase64(/base64,([^"]+)/),
  };
}

const seeds = (seed: number, count: number): number[] => Array.from({ length: count }, (_, i) => seed + i);

/** The Open Inference Protocol; `binary` by its binary extension, where the server has it. */
function byInference(port: number, model: string, binary: boolean): Peer['asks'] {
  const ask = (count: number, names: readonly string[]): Asked =>
    posting(port, `/v2/models/${model}/infer`, (seed) => ({
      inputs: [{ name: 'SEED', shape: [count, 1], datatype: 'INT64', data: seeds(seed, count) }],
      outputs: names.map((name) => (binary ? { name, parameters: { binary_data: true } } : { name })),
    }));
  return { picture: ask(1, ['PNG']), numbers: ask(SAMPLES, ['Z', 'LOGIT']), pictures: ask(SAMPLES, ['PNG']) };
}

export const KINDS = {
  ours: ours('Ganymede', {}),
  two: ours('Ganymede, CLUSTER=2', { CLUSTER: '2', THREADS: '1' }),
  four: ours('Ganymede, CLUSTER=4', { CLUSTER: '4', THREADS: '1' }),
  python: python('FastAPI and Strawberry', 1),
  pythons: python('FastAPI and Strawberry, two workers', 2),
  triton: {
    name: 'Triton',
    venv: 'triton',
    ready: '/v2/health/ready',
    command: tritonCommand,
    asks: (port) => byInference(port, 'gan', true),
    pictureOf: (answer) => answer.subarray(answer.indexOf('\x89PNG', 0, 'latin1')),
  },
  litserve: {
    name: 'LitServe',
    venv: 'python',
    ready: '/health',
    command: (port, _, bin) => ({ program: join(bin, 'python'), args: ['litserve_app.py', `${port}`] }),
    asks: (port) => ({
      picture: posting(port, '/predict', (seed) => ({ seed })),
      numbers: posting(port, '/predict', (seed) => ({ seed, count: SAMPLES, numbers: true })),
      pictures: posting(port, '/predict', (seed) => ({ seed, count: SAMPLES })),
    }),
    pictureOf: fromBase64(/\["([^"]+)/),
  },
  mlserver: {
    name: 'MLServer',
    venv: 'mlserver',
    ready: '/v2/models/gan/ready',
    command: async (port, _, bin) => ({
      program: join(bin, 'mlserver'),
      args: ['start', 'mlserver'],
      env: {
        MLSERVER_HTTP_PORT: `${port}`,
        MLSERVER_GRPC_PORT: `${await freePort()}`,
        MLSERVER_METRICS_PORT: `${await freePort()}`,
      },
    }),
    asks: (port) => byInference(port, 'gan', false),
    pictureOf: fromBase64(/"data":\["([^"]+)/),
  },
  bentoml: {
    name: 'BentoML',
    venv: 'bentoml',
    ready: '/readyz',
    command: (port, _, bin) => ({
      program: join(bin, 'bentoml'),
      args: ['serve', 'bentoml_app:Gans', '--host', '127.0.0.1', '--port', `${port}`],
      env: { BENTOML_HOME: join(tmpdir(), 'ganymede-bench-bentoml'), BENTOML_DO_NOT_TRACK: '1' },
    }),
    asks: (port) => ({
      picture: posting(port, '/pictures', (seed) => ({ seeds: [seed] })),
      numbers: posting(port, '/numbers', (seed) => ({ seeds: seeds(seed, SAMPLES) })),
      pictures: posting(port, '/pictures', (seed) => ({ seeds: seeds(seed, SAMPLES) })),
    }),
    pictureOf: fromBase64(/\["([^"]+)/),
  },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;

/** Why a peer cannot be started; undefined if it can. */
export function absence(kind: KindName): string | undefined {
  const { name, venv }: Kind = KINDS[kind];
  if (venv === undefined) return undefined;
  const folder = process.env['PEERS'];
  if (folder === undefined) return `${name}: PEERS names no folder of virtual environments`;
  return existsSync(join(folder, venv, 'bin')) ? undefined : `${name}: no ${join(folder, venv)}`;
}

/** Resolves when it answers that it is ready. */
export async function started(kind: KindName, model: Shipped): Promise<Peer> {
  const { name, venv, ready, command, asks, pictureOf }: Kind = KINDS[kind];
  const port = await freePort();
  const bin = venv === undefined ? '' : resolve(process.env['PEERS']!, venv, 'bin');
  const { program, args, env, temporary } = await command(port, model, bin);
  const peer = { MODEL: model, OMP_WAIT_POLICY: 'PASSIVE', PYTHONPATH: SOURCES, PYTHONDONTWRITEBYTECODE: '1' };
  const child = spawn(program, args, {
    cwd: SOURCES,
    env: { ...process.env, ...peer, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // a group of its own, which ends as a whole
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  await untilReady(child, port, ready, () => said);
  const tell = (signal: NodeJS.Signals): void => void process.kill(-child.pid!, signal);
  const stop = async (): Promise<void> => {
    const ended = once(child, 'exit');
    tell('SIGCONT');
    tell('SIGTERM');
    const late = setTimeout(tell, 5000, 'SIGKILL');
    await ended;
    clearTimeout(late);
    if (temporary !== undefined) await rm(temporary, { recursive: true });
  };
  const [pause, resume] = [() => tell('SIGSTOP'), () => tell('SIGCONT')];
  return { name, port, pid: child.pid!, asks: asks(port, model), pictureOf, pause, resume, stop };
}

async function untilReady(child: ChildProcess, port: number, path: string, said: () => string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (child.exitCode !== null) throw new Error(`A peer ended before it was ready: ${said()}`);
    const reply = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    if (reply?.ok) return;
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error(`A peer was not ready within a minute: ${said()}`);
}

/**
 * The server that nvidia-pytriton bundles. Its Python backend wants its stub beside it, and finds Python by PYTHONHOME.
 */
async function tritonCommand(port: number, _: Shipped, bin: string): Promise<Command> {
  const lib = join(bin, '../lib');
  const [version] = (await readdir(lib)).filter((name) => name.startsWith('python3'));
  const packages = join(lib, version!, 'site-packages');
  const server = join(packages, 'pytriton/tritonserver');
  const backends = await mkdtemp(join(tmpdir(), 'ganymede-triton-'));
  await cp(join(server, 'backends/python'), join(backends, 'python'), { recursive: true });
  const stub = join(backends, 'python/triton_python_backend_stub');
  await cp(join(server, 'python_backend_stubs', version!.slice('python'.length), 'triton_python_backend_stub'), stub);
  await chmod(stub, 0o755);
  const home = execFileSync(join(bin, 'python'), ['-c', 'import sys; print(sys.base_prefix)'], { encoding: 'utf8' });
  return {
    program: join(server, 'bin/tritonserver'),
    args: [`--model-repository=${join(SOURCES, 'triton')}`, `--backend-directory=${backends}`].concat(
      [`--http-port=${port}`, '--http-address=127.0.0.1', '--allow-grpc=false', '--allow-metrics=false'],
      ['--log-info=false'],
    ),
    env: {
      PEER_PATH: `${SOURCES}:${packages}`,
      PYTHONHOME: home.trim(),
      LD_LIBRARY_PATH: join(packages, 'nvidia_pytriton.libs'),
    },
    temporary: backends,
  };
}

function fromBase64(pattern: RegExp): Peer['pictureOf'] {
  return (answer) => Buffer.from(pattern.exec(answer.toString())?.[1] ?? '', 'base64');
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
