import { describe, expect, test } from 'vitest';
import { pathHider } from '../../src/server/paths.js';

const hidePaths = pathHider('/srv/my models/');
const hide = <T>(value: T) => hidePaths(value, 'server');

describe('text for a stranger', () => {
  test.each([
    ['of the folder of the models, from there', '/srv/my models/mnist/1/generate.onnx', 'mnist/1/generate.onnx'],
    ['within a sentence', "open '/srv/my models/mnist/1/a b.onnx', wanted", "open 'mnist/1/a b.onnx', wanted"],
    ['of other folders, by its last name', 'in /home/someone/.cache/weights.bin.', 'in weights.bin.'],
    ['of sources that others compiled', '/onnxruntime_src/core/graph.cc:12 Load', 'graph.cc:12 Load'],
    ['of a folder', 'read /var/lib/gan/', 'read gan'],
    ['as a URL', 'import file:///home/someone/x.js', 'import x.js'],
    ['of Windows', 'open C:\\Users\\someone\\x.onnx failed', 'open x.onnx failed'],
    ['twice', '/a/b/c and /d/e/f', 'c and f'],
  ])('names a path %s', (_, text, shown) => {
    expect(hide(text)).toBe(shown);
  });

  test.each(['https://gan.example/images/a/1.png', 'and/or', '24/7', '1 / 2', 'a ratio of 3/4', 'image/png', './x/y'])(
    'leaves what is no path of this machine: %s',
    (text) => {
      expect(hide(text)).toBe(text);
    },
  );

  test('is found in details, however deep', () => {
    expect(hide({ file: '/srv/my models/a/1', list: [{ path: '/x/y/z' }, 3, null] })).toEqual({
      file: 'a/1',
      list: [{ path: 'z' }, 3, null],
    });
  });

  test('that speaks of what the client wrote repeats it, but never the folder of the models', () => {
    expect(hidePaths('received GET /a/b for /srv/my models/x/1', 'client')).toBe('received GET /a/b for x/1');
  });

  test('knows a folder that was given as a relative path', () => {
    const relative = pathHider('./models');
    expect(relative('models/mnist/1 and the models', 'server')).toBe('mnist/1 and the models');
  });
});
