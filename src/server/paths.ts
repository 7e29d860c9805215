// Text for strangers: what lies in the models' folder is named from there, anything else of this machine by its last
// name only. The log keeps the whole paths.

import { normalize, resolve } from 'node:path';

/** Absolute paths of at least two names, on POSIX and on Windows, and as URLs. Addresses of the web are none. */
const PATHS = [
  /file:\/\/[^\s"'`<>]+/g,
  /(?<![\w/.:~)\]-])\/(?:[^\s/"'`<>|:;,()]+\/)+[^\s/"'`<>|:;,()]*/g,
  /(?<![\w])[a-z]:[\\/][^\s"'`<>|:;,()]+/gi,
];

/** `about`: whether the text speaks of what a client wrote, which may look like a path and is none of ours. */
export type PathHider = <T>(value: T, about: 'server' | 'client') => T;

/** Hides paths in text, and in the texts of plain JSON. `folders`: those of the models. */
export function pathHider(folders: string | readonly string[] = []): PathHider {
  const roots = [folders]
    .flat()
    .flatMap((folder) => [resolve(folder), normalize(folder)])
    .map((root) => root.replace(/\/+$/, ''))
    .sort((a, b) => b.length - a.length); // a folder inside another is named from itself
  const hideRoots = (text: string) => roots.reduce((rest, root) => rest.replaceAll(`${root}/`, ''), text);
  const hideAll = (text: string) => hideOthers(hideRoots(text));
  return (value, about) => mapTexts(value, about === 'client' ? hideRoots : hideAll) as typeof value;
}

function hideOthers(text: string): string {
  return PATHS.reduce((rest, path) => rest.replace(path, lastName), text);
}

function lastName(path: string): string {
  return path.split(/[\\/]/).findLast((name) => name !== '') ?? '';
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapTexts(one, change)]));
}
