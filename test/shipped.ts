// The models that come with the project: where they lie, and all of them served.

import { afterAll, beforeAll } from 'vitest';
import { SHIPPED_CHECKPOINTS } from '../src/config.js';
import { Engine } from '../src/engine/engine.js';
import { ModelRepository } from '../src/models/repository.js';

export { shippedFolder, shippedVersion } from '../bench/shipped.js';

/** Serves them while the tests of a file run. */
export function shippedModels(): () => ModelRepository {
  let engine: Engine;
  let repository: ModelRepository;
  beforeAll(async () => {
    engine = await Engine.start();
    repository = await ModelRepository.open(SHIPPED_CHECKPOINTS, engine);
  });
  afterAll(async () => {
    await repository.close();
    await engine.close();
  });
  return () => repository;
}
