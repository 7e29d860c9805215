// Small disks, made and filled by tests. Root may mount a tmpfs or a loop device where the system lets it; elsewhere
// tests that need one say why they are skipped.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Disk {
  readonly path: string;
  /** Until no byte is left. */
  fill(): void;
  /** What `fill` took is free again. */
  free(): void;
  unmount(): Promise<void>;
}

/** A disk in memory. */
export async function tmpfs(mebibytes: number): Promise<Disk> {
  const path = await mkdtemp(join(tmpdir(), 'ganymede-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path]);
  return disk(path, []);
}

/** An ext4 on a file: what the disk holds at a moment is what the file holds, as after a power cut. */
export async function loopDisk(mebibytes: number, from?: string): Promise<Disk & { readonly image: string }> {
  const path = await mkdtemp(join(tmpdir(), 'ganymede-disk-'));
  const image = from ?? `${path}.img`;
  if (from === undefined) {
    await writeFile(image, '');
    await truncate(image, mebibytes * 2 ** 20);
    execFileSync('mkfs.ext4', ['-q', '-F', image]);
  }
  // commit=60: the journal is not written by itself while a test runs, so that only what was synced is on the disk.
  execFileSync('mount', ['-o', 'loop,commit=60', image, path]);
  return { ...disk(path, [image]), image };
}

function disk(path: string, files: readonly string[]): Disk {
  const ballast = join(path, 'ballast');
  return {
    path,
    fill() {
      for (let bytes = 2 ** 20; bytes >= 1; bytes /= 2) {
        while (appended(ballast, Math.ceil(bytes)));
      }
    },
    free: () => rmSync(ballast, { force: true }),
    async unmount() {
      execFileSync('umount', ['-l', path]); // SQLite closes a file when its statements were collected
      for (const file of [path, ...files]) await rm(file, { recursive: true, force: true });
    },
  };
}

/** False where there was no room. */
function appended(path: string, bytes: number): boolean {
  try {
    writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}

/** Why there is none here; null where there is. */
export const NO_TMPFS = whyNot(['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs']);
export const NO_LOOP = NO_TMPFS ?? whyNot(null);

function whyNot(mount: readonly string[] | null): string | null {
  const path = mkdtempSync(join(tmpdir(), 'ganymede-disk-'));
  const image = `${path}.img`;
  try {
    if (mount) execFileSync('mount', [...mount, path], { stdio: 'pipe' });
    else {
      writeFileSync(image, Buffer.alloc(2 ** 20));
      execFileSync('mkfs.ext4', ['-q', '-F', image], { stdio: 'pipe' });
      execFileSync('mount', ['-o', 'loop', image, path], { stdio: 'pipe' });
    }
    statfsSync(path);
    execFileSync('umount', [path]);
    return null;
  } catch (error) {
    return (error as Error).message.trim().split('\n').join(' ');
  } finally {
    rmSync(path, { recursive: true, force: true });
    rmSync(image, { force: true });
  }
}
