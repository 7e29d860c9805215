// Whose file is this, and does that process still live? A temporary name and a lock carry the mark of the process that
// made them; after kill -9 the mark is all that is left of it. A number alone would not do: numbers are used again, and
// another machine or container on the same folder has its own.
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface Owner {
  readonly host: string;
  readonly pid: number;
  /** When the process began, as this machine tells it, hashed; empty where it tells nothing (all but Linux). */
  readonly began: string;
}

let own: Owner | undefined;

export function thisProcess(): Owner {
  own ??= { host: hostname(), pid: process.pid, began: beginningOf(process.pid) ?? '' };
  return own;
}

/**
 * True only where it is sure: a process of this host that runs no more, whatever has its number now. Of another host
 * nothing is known. Two machines that share a folder must therefore not share a name.
 */
export function isGone({ host, pid, began }: Owner): boolean {
  if (host !== hostname()) return false;
  const now = beginningOf(pid);
  return now === null || (now !== '' && began !== '' && now !== began);
}

/** `<host>-<pid>-<began>`, the host hashed: a part of a file's name. */
export function markOf({ host, pid, began }: Owner): string {
  return `${hash(host)}-${pid}-${began}`;
}

/** What `markOf` wrote, of this host; null for any other text and for marks of other hosts. */
export function ownerOf(mark: string): Owner | null {
  const [, host, pid, began] = /^([0-9a-f]{8})-([1-9]\d{0,9})-([0-9a-f]{8}|)$/.exec(mark) ?? [];
  if (host !== hash(hostname())) return null;
  return { host: hostname(), pid: Number(pid), began: began! };
}

/** Null where no such process runs, '' where one does and no more is known. */
function beginningOf(pid: number): string | null {
  return fromProc(pid) ?? (runs(pid) ? '' : null);
}

/**
 * Linux: ticks since the machine began, and with them which beginning of it and which numbering of processes: a
 * container that is started anew keeps its name and counts from 1 again. Undefined where /proc does not say; a zombie
 * runs no more.
 */
function fromProc(pid: number): string | null | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses, which may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    return hash(`${boot} ${readlinkSync('/proc/self/ns/pid')} ${fields[19]}`);
  } catch {
    return undefined; // no /proc, or one that hides the processes of others: a signal asks
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it runs, and is somebody else's
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
