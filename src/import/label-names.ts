// What --labels says: how many classes there are, or a file with their names.

import { readFile } from 'node:fs/promises';
import { expected, GanymedeError, messageOf } from '../errors.js';

const MOST = 65_536;

/** "10", or a file of a name a line or a JSON list of names. @throws GanymedeError BAD_USER_INPUT */
export async function labelNames(labels: string): Promise<string[]> {
  if (/^\d+$/.test(labels)) {
    const count = Number(labels);
    if (count >= 2 && count <= MOST) return Array.from({ length: count }, (_, i) => `${i}`);
    throw expected(`--labels to be from 2 to ${MOST}`, count);
  }
  const names = namesIn(await textOf(labels), labels);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw expected(`${labels} to hold each name of a class once`, twice);
  if (names.length >= 2 && names.length <= MOST) return names;
  throw expected(`${labels} to hold from 2 to ${MOST} names of classes`, names.length);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const message = `Expected --labels to be a number of classes or a file of their names but received ${file}: ${messageOf(error)}.`;
    throw new GanymedeError('BAD_USER_INPUT', message, { cause: error, details: { flag: '--labels' } });
  }
}

function namesIn(text: string, file: string): string[] {
  if (!text.trimStart().startsWith('['))
    return text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter(Boolean);
  try {
    const names: unknown = JSON.parse(text);
    if (Array.isArray(names) && names.every((name): name is string => typeof name === 'string' && name !== ''))
      return names;
  } catch (error) {
    throw expected(`${file} to hold a JSON list of names`, messageOf(error));
  }
  throw expected(`${file} to hold a JSON list of names`, text.slice(0, 40));
}
