// .editorconfig tells editors what biome.json makes of a file in the end.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

test('.editorconfig is in step with biome.json', () => {
  const { formatter } = JSON.parse(read('biome.json'));
  const [, section] = read('.editorconfig').split('[*]\n');
  const settings = Object.fromEntries(
    section!
      .split('\n[')[0]!
      .split('\n')
      .filter((line) => line.includes(' = '))
      .map((line) => line.split(' = ') as [string, string]),
  );
  expect(settings).toMatchObject({
    indent_style: formatter.indentStyle,
    indent_size: `${formatter.indentWidth}`,
    max_line_length: `${formatter.lineWidth}`,
    end_of_line: formatter.lineEnding ?? 'lf', // Biome's own default
  });
});
