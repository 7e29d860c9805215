// From the address of data given by a person to a Dataset: reads what lies at the address, finds the format of it in
// the table of formats, and refuses settings that this format does not take.
import { readdir, stat } from 'node:fs/promises';
import { GanymedeError, messageOf, nearest } from '../errors.js';
import type { Reporter } from '../work.js';
import {
  type DataAddress,
  type DataSettings,
  parseAddress,
  SETTING_DEFAULTS,
  SETTING_NAMES,
  unknownSetting,
} from './address.js';
import { evenContrast } from './contrast.js';
import type { Dataset, Part } from './dataset.js';
import { fingerprinted } from './fingerprint.js';
import { type Format, type OpenRequest, type Place, START_BYTES } from './format.js';
import { FORMATS } from './formats.js';
import { someOf } from './refusal.js';
import { firstBytes } from './shared-file.js';
import { stacked } from './stacked.js';

/** `range` is [0, 1] unless it is given; `part` may also be said by the address. Vectors keep their values. */
export type OpenOptions = Partial<Omit<OpenRequest, 'settings'>>;

/** `address` as in docs/datasets.md: a path or builtin:<name>, perhaps with settings behind commas. */
export async function openDataset(
  address: string,
  options: OpenOptions = {},
  formats: readonly Format[] = FORMATS,
): Promise<Dataset> {
  const parsed = parseAddress(address);
  const { settings } = parsed;
  const part = options.part ?? settings.part ?? 'train';
  const { place, format } = await recognised(parsed, part, formats);
  refuseOtherSettings(format, place, settings, address);
  const data = await format.open(place, { ...options, range: options.range ?? [0, 1], part, settings });
  const even = settings.contrast === 'even' ? evenContrast(data) : data;
  return fingerprinted(settings.stack ? stacked(even) : even, settings);
}

/**
 * Opening as a part of a long work: it stops when the work does, what is left out is a warning of it, and what takes
 * long is a phase of it.
 */
export function within(
  report: Reporter,
): Pick<OpenOptions, 'signal'> &
  Required<Pick<OpenOptions, 'onSkipped' | 'onRefused' | 'onProgress' | 'onDamaged' | 'onAlpha' | 'onLeftOut'>> {
  return {
    onProgress: whereItTakesLong(report),
    ...(report.signal ? { signal: report.signal } : {}),
    onSkipped: (_, reason) => report.warning('skipped', reason),
    onRefused: (_, reason) => report.warning('refused', reason),
    onDamaged: (name, damage) =>
      report.warning('damaged', `The image ${name} is damaged and was read all the same: ${damage}.`),
    onAlpha: (count, of, isChosen) => {
      if (!isChosen) report.warning('alpha', flattened(count, of));
    },
    onLeftOut: (count, reason, names) => report.warning('left-out', leftOut(count, reason, names)),
  };
}

/** Most data opens before a line about it could be read. */
const PATIENCE_MS = 2000;

function whereItTakesLong(report: Reporter): NonNullable<OpenOptions['onProgress']> {
  const since = performance.now();
  let told = '';
  return (doing, done, total) => {
    if (doing === told) return report.progress(done);
    if (performance.now() - since < PATIENCE_MS) return;
    told = doing;
    report.phase(doing, 'files', total, done);
  };
}

function flattened(count: number, of: number): string {
  const whose = `${count} of ${of} ${of === 1 ? 'image' : 'images'}`;
  return `Transparency of ${whose} becomes black. alpha=white, alpha=drop or alpha=keep says otherwise, alpha=black that it is meant.`;
}

function leftOut(count: number, reason: string, names: readonly string[]): string {
  const which = names.length > 0 ? `: ${someOf(names, count)}` : '';
  return `Left out: ${count} ${count === 1 ? 'file' : 'files'} ${reason}${which}.`;
}

/** True when the data also holds that part, such as the published test split. */
export async function hasPart(address: string, part: Part, formats: readonly Format[] = FORMATS): Promise<boolean> {
  if (part === 'train') return true;
  const { place, format } = await recognised(parseAddress(address), 'train', formats);
  return format.hasPart(place, part);
}

/** Whether what lies there takes that setting. */
export async function takesSetting(address: string, setting: keyof DataSettings): Promise<boolean> {
  const parsed = parseAddress(address);
  const { place, format } = await recognised(parsed, parsed.settings.part ?? 'train', FORMATS);
  return format.settings(place).includes(setting);
}

async function recognised(
  address: DataAddress,
  part: Part,
  formats: readonly Format[],
): Promise<{ place: Place; format: Format }> {
  try {
    const place = await placeOf(address);
    return { place, format: await formatOf(place, part, formats) };
  } catch (cause) {
    refuseUnknownSetting(address.path); // no file has that name, so it is no part of it
    if (cause instanceof GanymedeError) throw cause;
    const reason = messageOf(cause);
    throw new GanymedeError('DATASET_INVALID', `The dataset ${address.path} cannot be opened: ${reason}.`, { cause });
  }
}

function refuseUnknownSetting(path: string): void {
  const setting = unknownSetting(path);
  if (setting === undefined) return;
  const near = nearest(setting, SETTING_NAMES).map((name) => ` Did you mean ${name}=?`);
  throw new GanymedeError(
    'DATASET_INVALID',
    `Expected the settings ${SETTING_NAMES.join(', ')} behind the data but received ${setting} in ${path}.${near[0] ?? ''} ` +
      'docs/datasets.md says what each does.',
    { details: { setting } },
  );
}

async function placeOf({ path, builtin }: DataAddress): Promise<Place> {
  if (builtin) {
    refuseUnknownSetting(path);
    return { kind: 'builtin', path };
  }
  if ((await stat(path)).isDirectory()) return { kind: 'folder', path, names: await readdir(path) };
  return { kind: 'file', path, start: Buffer.from(await firstBytes(path, START_BYTES)) };
}

/** By what lies there; only when that tells nothing, by what may be meant. */
async function formatOf(place: Place, part: Part, formats: readonly Format[]): Promise<Format> {
  for (const format of formats) if (await format.recognises(place, part)) return format;
  const meant = formats.find((format) => format.mayBeMeant?.(place));
  if (meant) return meant;
  const known = formats.map(({ what }) => what).join(', ');
  const found = place.kind === 'folder' && place.names.length === 0 ? 'is empty' : 'is none of them';
  throw new GanymedeError('DATASET_INVALID', `Expected one of ${known} but ${place.path} ${found}.`);
}

/** What is done here, to data of any format. */
const OF_ANY_FORMAT = ['contrast', 'stack'] as const satisfies readonly (keyof DataSettings)[];

/** A setting at its default asks for nothing. */
function refuseOtherSettings(format: Format, place: Place, settings: DataSettings, address: string): void {
  const taken: readonly string[] = [...format.settings(place), ...OF_ANY_FORMAT];
  for (const [name, value] of Object.entries(settings)) {
    if (taken.includes(name) || value === SETTING_DEFAULTS[name]) continue;
    throw new GanymedeError(
      'DATASET_INVALID',
      `Expected ${taken.join(', ')} as settings of ${format.what} but received ${name} in ${address}. Leave it out.`,
      { details: { file: place.path, setting: name } },
    );
  }
}
