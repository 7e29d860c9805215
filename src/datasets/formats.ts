// The table of data formats. `openDataset` takes the first row that recognises what lies at an address, and if none
// does, the first that may be meant. So rows that are sure of themselves come before those that would take anything.
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
