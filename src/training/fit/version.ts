// More graphs for a checkpoint: as the next version of its model, because a version never changes once it can be served. All that
// the old version holds comes along, checked on the way.
import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { createDirectoryAtomically, writeAndSync } from '../../files/atomic.js';
import { readVerified } from '../../models/files.js';
import { type Manifest, readManifest, writeManifest } from '../../models/manifest.js';
import { nextVersion } from '../serving.js';

export interface Addition {
  /** Capability → ONNX; one that is there already is replaced. */
  readonly graphs: Readonly<Partial<Record<'encode' | 'features' | 'classify' | 'inpaint', Uint8Array>>>;
  /** Names of the classes that `classify` tells apart. */
  readonly labels?: readonly string[];
  readonly evaluation: Manifest['evaluations'][number];
}

/** Returns the path of the new version, which appears at once and whole. */
export async function addGraphs(checkpoint: string, addition: Addition): Promise<string> {
  const manifest = await readManifest(checkpoint);
  const modelDirectory = dirname(resolve(checkpoint));
  const version = await nextVersion(modelDirectory);
  const added = Object.entries(addition.graphs).map(([name, bytes]) => ({ name, file: `${name}.onnx`, bytes }));
  const kept = Object.entries(manifest.files).filter(([file]) => !added.some((graph) => graph.file === file));
  const path = join(modelDirectory, String(version));
  await createDirectoryAtomically(path, async (temporary) => {
    for (const [file, digest] of kept) {
      await writeAndSync(join(temporary, file), await readVerified(checkpoint, file, digest));
    }
    for (const { file, bytes } of added) await writeAndSync(join(temporary, file), bytes);
    await writeManifest(temporary, {
      ...manifest,
      version,
      created: addition.evaluation.date,
      ...(addition.labels ? { labels: [...addition.labels] } : {}),
      graphs: { ...manifest.graphs, ...Object.fromEntries(added.map(({ name, file }) => [name, { file }])) },
      files: {
        ...Object.fromEntries(kept),
        ...Object.fromEntries(added.map(({ file, bytes }) => [file, digestOf(bytes)])),
      },
      evaluations: [...manifest.evaluations, addition.evaluation],
    });
  });
  return path;
}

function digestOf(bytes: Uint8Array): { bytes: number; sha256: string } {
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
