// The engine can run nothing for now, whatever it is given: to try again may help, to try other rows does not.

import { GanymedeError } from '../errors.js';

export class EngineUnavailable extends GanymedeError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('ENGINE_FAILED', message, options);
  }
}
