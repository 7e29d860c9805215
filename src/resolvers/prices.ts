// What each field of the schema costs: a new field must join the table of its noun, with 0 if it costs nothing beyond
// itself. `pricing.ts` adds one field, its key and the lists around. A price comes from arguments and manifests alone;
// undefined says that the resolver will refuse, so that nothing is made.

import { DATASET_PRICES } from './prices/datasets.js';
import { INTROSPECTION_PRICES } from './prices/introspection.js';
import { JOB_PRICES } from './prices/jobs.js';
import { MODEL_PRICES } from './prices/models.js';
import type { Price } from './prices/price.js';
import { SAMPLE_PRICES } from './prices/samples.js';
import { SENT_IMAGE_PRICES } from './prices/sent-images.js';

export const PRICES: Readonly<Record<string, Price>> = {
  ...MODEL_PRICES,
  ...SAMPLE_PRICES,
  ...SENT_IMAGE_PRICES,
  ...JOB_PRICES,
  ...DATASET_PRICES,
  ...INTROSPECTION_PRICES,
};
