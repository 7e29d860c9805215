// The table of data formats. `openDataset` asks every row whether it recognises what lies there, and takes the first that does: a row
// that knows more precisely comes before one that knows less. If none does, it asks in the same order which may be meant.
import { builtinData } from './builtin.js';
import { cifar } from './cifar.js';
import type { Format } from './format.js';
import { idxFile, idxFolder } from './idx.js';
import { npyFile, npzArchive } from './numpy-files.js';
import { parquetTables } from './parquet.js';
import { pictureFolder, pictureZip } from './picture-files.js';

export const FORMATS: readonly Format[] = [
  builtinData,
  idxFolder,
  cifar,
  npyFile,
  npzArchive, // a zip as well
  pictureZip,
  parquetTables,
  idxFile, // may be any file
  pictureFolder, // may be any folder
];
