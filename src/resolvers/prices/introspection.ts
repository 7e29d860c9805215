// Prices of introspection: about what this schema has of each. The query of GraphiQL is far below the limits; many
// aliases of it are not.

import { type Price, several } from './price.js';

export const INTROSPECTION_PRICES = {
  '__Schema.types': several(40),
  '__Schema.directives': several(6),
  '__Type.fields': several(4),
  '__Type.interfaces': several(1),
  '__Type.possibleTypes': several(1),
  '__Type.enumValues': several(2),
  '__Type.inputFields': several(1),
  '__Field.args': several(1),
  '__Directive.args': several(1),
  '__Directive.locations': several(4),
} as const satisfies Readonly<Record<string, Price>>;
