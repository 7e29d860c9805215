import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { howToGoOn } from '../../src/training/how-to-go-on.js';

it('a stopped work names a command whose words a shell reads back as they were', () => {
  const options = { data: "my photos, d'or $HOME", out: 'models/a', steps: 20, picture: undefined, raw: false };
  const line = howToGoOn('fit encoder', options).split('npx ganymede ')[1]!;
  const words = execFileSync('sh', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' })
    .trim()
    .split('\n');
  expect(words).toEqual([
    ...['fit', 'encoder', '--data', options.data, '--out', 'models/a', '--steps', '20', '--resume'],
  ]);
});
