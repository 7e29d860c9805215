// The work of `ganymede classify`: the likeliest classes of any number of pictures, a row each.

import { asks } from './asking.js';
import { askOfEach, type PictureOptions } from './each-picture.js';
import type { Cell } from './table.js';

export interface ClassifyOptions extends PictureOptions {
  /** How many of the likeliest classes. */
  readonly top: number;
}

const CLASSIFY = `query Classify($model: String!, $version: Int, $images: [ImageSource!]!, $top: Int) {
  classify(model: $model, version: $version, images: $images, top: $top) {
    ... on Classification { classes { label probability } }
    ... on ImageError { code message }
  }
}`;

interface Classification {
  readonly classes: readonly { readonly label: string; readonly probability: number }[];
}

export const classify = asks<ClassifyOptions>((options, asked) => {
  const top = Math.min(options.top, asked.facts.labels?.length ?? 1);
  const names = Array.from({ length: top }, (_, i) => (i === 0 ? '' : `_${i + 1}`)); // label, label_2, label_3
  return askOfEach(options, asked, {
    phase: 'classifying',
    query: CLASSIFY,
    variables: { top },
    takesLabels: false,
    columns: names.flatMap((name) => [`label${name}`, `probability${name}`]),
    cells: ({ classes }: Classification) => {
      const cells: Record<string, Cell> = {};
      for (const [i, name] of names.entries()) {
        cells[`label${name}`] = classes[i]?.label ?? null;
        cells[`probability${name}`] = classes[i]?.probability ?? null;
      }
      return cells;
    },
  });
});
