// The query that gives what the page shows, as a person would write it.

import type { Model } from './page';
import { classArguments, editsOf, type Settings } from './settings';

export function queryOf({ name, version, labels }: Model, settings: Settings): string {
  const { seed, truncation, choice } = settings;
  const { label, labels: shares } = classArguments(choice, labels);
  const edits = editsOf(settings);
  const args = [
    `model: ${JSON.stringify(name)}`,
    `version: ${version}`,
    `seed: ${seed}`,
    ...(truncation === 1 ? [] : [`truncation: ${truncation}`]),
    ...(label === undefined ? [] : [`label: ${JSON.stringify(label)}`]),
    ...(shares
      ? [
          `labels: [${shares.map((one) => `{ label: ${JSON.stringify(one.label)}, weight: ${one.weight} }`).join(', ')}]`,
        ]
      : []),
    ...(edits.length === 0 ? [] : [`edits: [${edits.map(editText).join(', ')}]`]),
  ];
  const field = edits.length === 0 ? 'sample' : 'edit';
  return `{\n  ${field}(\n    ${args.join('\n    ')}\n  ) {\n    seed\n    label\n    image {\n      url\n    }\n  }\n}`;
}

const editText = ({ direction, strengths }: ReturnType<typeof editsOf>[number]) =>
  `{ direction: { method: ${direction!.method}, index: ${direction!.index} }, strengths: [${strengths}] }`;
