// Which input of a graph by other hands is what: the latent or the image, the class, a truncation, and numbers that
// stay the same. What names, types and shapes do not tell is asked for, and what was decided is said with its reason.

import { GanymedeError } from '../errors.js';
import { type Foreign, formOf, type Port } from './foreign.js';
import { quoted, refused, undecided } from './refusals.js';
import { rowsOfTable, widthWanted } from './trace.js';
import { isFloat, isInteger, typeName } from './types.js';

/** Something that the import found out, and how. */
export interface Decision {
  readonly what: string;
  readonly is: string;
  readonly because: string;
}

export type Decide = (what: string, is: string, because: string) => void;

export interface LabelPort {
  readonly port: Port;
  /** An index, or one number for each class. */
  readonly form: 'index' | 'one-hot';
  /** Null: not told, and asked for. */
  readonly classes: number;
}

/** Of a generator, or of a graph that takes images. */
export interface Roles {
  readonly main: Port;
  /** Without the batch. */
  readonly row: readonly number[];
  /** For how many rows the graph was declared; null: any, 0: it has no batch. */
  readonly batch: number | null;
  readonly label: LabelPort | undefined;
  readonly truncation: Port | undefined;
  readonly settings: ReadonlyMap<Port, number>;
}

export interface Naming {
  /** What the main input is: "latent" or "image". */
  readonly role: 'latent' | 'image';
  readonly main?: string | undefined;
  readonly label?: string | undefined;
  readonly truncation?: string | undefined;
  readonly set?: Readonly<Record<string, number>> | undefined;
  /** Number of classes, where it was said. */
  readonly classes?: number | undefined;
  readonly latentSize?: number | undefined;
}

/** @throws GanymedeError IMPORT_UNDECIDED naming the flag; BAD_USER_INPUT for a name that no input has */
export function rolesOf(foreign: Foreign, naming: Naming, decide: Decide): Roles {
  const named = (name: string | undefined, flag: string) =>
    name === undefined ? undefined : portNamed(foreign, name, flag);
  const settings = settingsOf(foreign, naming.set ?? {}, decide);
  const open = foreign.inputs.filter((port) => !settings.has(port));
  const truncation = named(naming.truncation, '--truncation');
  const [mainNamed, labelNamed] = [named(naming.main, '--latent'), named(naming.label, '--label')];
  const vectors = open.filter((port) => port !== truncation && !isSingle(port));
  const label =
    labelNamed ??
    labelAmong(
      open.filter((port) => port !== truncation && port !== mainNamed),
      vectors,
      naming,
    );
  const main =
    mainNamed ??
    mainAmong(
      foreign,
      vectors.filter((port) => port !== label),
      naming,
    );
  for (const port of open) if (![main, label, truncation].includes(port)) throw valueWanted(port);
  const { row, batch } = shapeOf(foreign, main, naming);
  const form = `input ${quoted(main.name)}, ${formOf(main)}`;
  const reason = foreign.inputs.length === 1 ? 'its only input' : mainNamed ? 'as named' : 'by name and shape';
  decide(naming.role, naming.role === 'latent' ? `${row.reduce((a, b) => a * b, 1)} numbers, ${form}` : form, reason);
  if (truncation) checkTruncation(truncation, decide);
  return { main, row, batch, label: label && labelOf(foreign, label, naming, decide), truncation, settings };
}

function portNamed(foreign: Foreign, name: string, flag: string): Port {
  const port = foreign.inputs.find((each) => each.name === name);
  if (port) return port;
  const names = foreign.inputs.map((each) => each.name).join(', ');
  const message = `Expected ${flag} to name an input of ${foreign.file} (${names}) but received ${quoted(name)}.`;
  throw new GanymedeError('BAD_USER_INPUT', message, { details: { flag, inputs: names } });
}

function settingsOf(foreign: Foreign, set: Readonly<Record<string, number>>, decide: Decide): Map<Port, number> {
  const settings = new Map<Port, number>();
  for (const [name, value] of Object.entries(set)) {
    // One --set is for all graphs of an import, which need not all have an input of that name.
    const port = foreign.inputs.find((each) => each.name === name);
    if (!port) continue;
    settings.set(port, value);
    decide(`input ${quoted(name)}`, `${value}, always`, 'as said by --set');
  }
  for (const port of foreign.inputs) {
    if (!port.dims.includes(0) || settings.has(port)) continue;
    settings.set(port, 0);
    decide(`input ${quoted(port.name)}`, 'left empty', `it has no numbers: ${formOf(port)}`);
  }
  return settings;
}

/** One number a row, or one in all. */
function isSingle({ dims }: Port): boolean {
  return (
    dims.length === 0 ||
    (dims.slice(1).every((dim) => dim === 1) && (dims.length > 1 || dims[0] === null || dims[0] === 1))
  );
}

const LABEL = /label|class|cond|one_?hot|categor|target|^(c|y|cls)$/i;
const LATENT = /^z|latent|noise|^(input|x)(_?\d*)(:0)?$|random|seed/i;
const IMAGE = /^x|im(g|age)|pic|photo|input/i;
const TRUNCATION = /trunc|psi/i;

function labelAmong(open: readonly Port[], vectors: readonly Port[], { role, classes }: Naming): Port | undefined {
  const whole = open.filter(({ type, name }) => isInteger(type) && type !== 2 && !TRUNCATION.test(name));
  if (whole.length === 1) return whole[0];
  const byName = vectors.filter(({ name, dims }) => LABEL.test(name) && (role === 'image' || dims.length === 2));
  if (byName.length === 1 && vectors.length > 1) return byName[0];
  const bySize = vectors.filter(({ dims }) => dims.length === 2 && classes !== undefined && dims[1] === classes);
  return vectors.length > 1 && bySize.length === 1 ? bySize[0] : undefined;
}

function mainAmong(foreign: Foreign, vectors: readonly Port[], { role }: Naming): Port {
  const fits = vectors.filter(
    ({ type, dims }) => (isFloat(type) || (role === 'image' && type === 2)) && dims.length > 0,
  );
  if (fits.length === 1) return fits[0]!;
  const pattern = role === 'latent' ? LATENT : IMAGE;
  const byName = fits.filter(({ name }) => pattern.test(name));
  if (byName.length === 1) return byName[0]!;
  const largest = fits.filter((port) => role === 'image' && sizeOf(port) === Math.max(...fits.map(sizeOf)));
  if (largest.length === 1) return largest[0]!;
  const list = foreign.inputs.map((port) => `${quoted(port.name)} ${formOf(port)}`).join(', ') || 'none';
  const what = `${foreign.file} has several inputs that may be its ${role}: ${list}.`;
  if (fits.length > 1) throw undecided(what, '--latent NAME, and --label NAME or --set NAME=VALUE for the others');
  const came = `inputs ${list}`;
  throw refused(
    `${foreign.file} to take ${role === 'latent' ? 'a latent vector' : 'images'} as float32, float16 or float64`,
    came,
    EXPORT,
  );
}

const EXPORT = 'Export it as a function of its latent (and class), or say by --latent which input that is.';

function sizeOf({ dims }: Port): number {
  return dims.slice(1).reduce((product: number, dim) => product * (dim ?? 1), 1);
}

function valueWanted(port: Port): GanymedeError {
  const what = `Input ${quoted(port.name)}, ${formOf(port)}, is neither latent nor class, and a graph does not tell its value.`;
  if (TRUNCATION.test(port.name)) {
    const next = `--truncation ${port.name} for one that requests say, or --set ${port.name}=0.7 for one truncation, 1 for none`;
    return undecided(what, next, { input: port.name });
  }
  const example = port.type === 9 ? 'false' : '0';
  return undecided(what, `--set ${port.name}=${example}, or the value with which it was trained`, { input: port.name });
}

function checkTruncation(port: Port, decide: Decide): void {
  const form = `input ${quoted(port.name)}, ${formOf(port)}`;
  if (isSingle(port) && isFloat(port.type)) {
    decide('truncation', form, 'as said by --truncation; 1 stands for none, 0 for its middle');
    return;
  }
  throw new GanymedeError(
    'BAD_USER_INPUT',
    `Expected --truncation to name an input of one number in float32, float16 or float64 but received ${form}.`,
    { details: { flag: '--truncation' } },
  );
}

/** The row of the main input, and for how many rows it was declared. */
function shapeOf(foreign: Foreign, port: Port, { role, latentSize }: Naming): Pick<Roles, 'row' | 'batch'> {
  const { dims } = port;
  const isAlone =
    dims.length === 1 ||
    (role === 'image' && dims.length === 3 && dims[0] !== null) ||
    (role === 'latent' && dims[0] !== 1 && dims[0] !== null && dims.slice(1).every((dim) => dim === 1));
  const batch = isAlone ? 0 : (dims[0] ?? null);
  const row = isAlone ? dims : dims.slice(1);
  if (role === 'image') return { row: row.map((dim) => dim ?? -1), batch };
  const openDims = row.filter((dim) => dim === null).length;
  if (openDims === 0) return { row: row as number[], batch };
  const rest = row.reduce((product: number, dim) => product * (dim ?? 1), 1);
  const size = latentSize ?? (row.length === 1 ? widthWanted(foreign, port) : undefined);
  if (openDims > 1 || size === undefined || size % rest !== 0) {
    throw undecided(
      `The latent ${quoted(port.name)}, ${formOf(port)}, does not say how many numbers it has.`,
      '--latent-size n',
    );
  }
  return { row: row.map((dim) => dim ?? size / rest), batch };
}

function labelOf(foreign: Foreign, port: Port, { classes }: Naming, decide: Decide): LabelPort {
  const [, width] = [port.dims[0], port.dims.length > 1 ? port.dims.at(-1) : 1];
  const form = `input ${quoted(port.name)}, ${formOf(port)}`;
  if (width !== 1 && !isSingle(port)) {
    const count = width ?? classes;
    if (count === undefined)
      throw undecided(`The class, ${form}, does not say how many classes there are.`, '--labels n');
    if (classes !== undefined && classes !== count) throw mismatch(form, count, classes);
    decide('class', `${count} classes, one-hot: ${form}`, `it has a number for each`);
    return { port, form: 'one-hot', classes: count };
  }
  const rows = rowsOfTable(foreign, port);
  if (classes === undefined) {
    const hint = rows === null ? '' : ` Its table has ${rows} rows, some of which may stand for no class.`;
    throw undecided(
      `The class, ${form}, is a number, and a graph does not tell how many classes there are.${hint}`,
      `--labels n, or --labels FILE with a name a line`,
      { rows },
    );
  }
  if (rows !== null && classes > rows) throw mismatch(form, rows, classes);
  decide(
    'class',
    `${classes} classes, an index of ${typeName(port.type)}: ${form}`,
    'as said by --labels; of a mixture it is told the greatest share',
  );
  return { port, form: 'index', classes };
}

function mismatch(form: string, count: number, classes: number): GanymedeError {
  return new GanymedeError(
    'BAD_USER_INPUT',
    `Expected --labels to be at most ${count}, as the class, ${form}, has it, but received ${classes}.`,
    { details: { flag: '--labels', count } },
  );
}
