// npm runs this before the scripts of the packages that come with ours. ONNX Runtime's would download CUDA's libraries,
// 300 MB from outside the npm registry, and fail the whole installation where it cannot; it does not when it finds files
// of their names. So each of them begins as an empty file, from which nobody but DEVICE=cuda reads. Whoever wants the
// real ones has a command in docs/devices.md, which replaces these.

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const platform = `${process.platform}/${process.arch}`;

const scripts = folderOfScripts();
if (scripts) {
  const { manifests, requirements } = require(join(scripts, 'install-metadata.js'));
  for (const part of requirements[platform] ?? []) {
    for (const name of Object.keys(manifests[`${platform}:${part}`])) {
      writeIfMissing(join(scripts, '../bin/napi-v6', platform, name));
    }
  }
}

/** Null under a package manager that has not unpacked ONNX Runtime yet. */
function folderOfScripts() {
  try {
    return dirname(require.resolve('onnxruntime-node/script/install.js'));
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    return null;
  }
}

function writeIfMissing(path) {
  try {
    writeFileSync(path, '', { flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}
