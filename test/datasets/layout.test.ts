// Where images lie, as people arrange them, and what of it is told apart.
import { describe, expect, it } from 'vitest';
import { isJunk, layoutOf, splitsOf } from '../../src/datasets/layout.js';

/** Names of the images of a part, with their classes; what else there is, by split; what is left over. */
function told(names: readonly string[], part: 'train' | 'test' = 'train', homes: readonly string[] = []) {
  const { images, classes, others, beside, home } = layoutOf(names, part, new Set(homes));
  return {
    images: images.map((image, i) => (classes ? `${classes[i]}: ${names[image]}` : names[image])),
    ...(others.size > 0 && { others: Object.fromEntries(others) }),
    ...(beside.length > 0 && { beside: beside.map((image) => names[image]) }),
    ...(home !== null && { home }),
  };
}

describe('folders', () => {
  it.each<[string, string[], ReturnType<typeof told>]>([
    ['that hold classes', ['cat/1.png', 'dog/1.png'], { images: ['cat: cat/1.png', 'dog: dog/1.png'] }],
    ['that all lie in one', ['p/cat/1.png', 'p/dog/1.png'], { images: ['cat: p/cat/1.png', 'dog: p/dog/1.png'] }],
    [
      'with folders of their own below',
      ['cat/young/1.png', 'dog/2.png'],
      { images: ['cat: cat/young/1.png', 'dog: dog/2.png'] },
    ],
    [
      'below splits below one',
      ['p/train/cat/1.png', 'p/train/dog/2.png', 'p/test/cat/3.png', 'p/val/dog/4.png'],
      { images: ['cat: p/train/cat/1.png', 'dog: p/train/dog/2.png'], others: { test: 1, validation: 1 } },
    ],
    [
      'with splits below each of them',
      ['cat/train/1.png', 'cat/test/2.png', 'dog/train/3.png'],
      { images: ['cat: cat/train/1.png', 'dog: dog/train/3.png'], others: { test: 1 } },
    ],
    [
      'named training_set and Test',
      ['training_set/1.png', 'Test/2.png'],
      { images: ['training_set/1.png'], others: { test: 1 } },
    ],
    [
      'of which one is called train and is a class: not all are splits',
      ['train/1.png', 'bus/2.png', 'car/3.png'],
      { images: ['train: train/1.png', 'bus: bus/2.png', 'car: car/3.png'] },
    ],
    [
      'with a cover beside them',
      ['cover.png', 'cat/1.png', 'dog/1.png'],
      { images: ['cat: cat/1.png', 'dog: dog/1.png'], beside: ['cover.png'] },
    ],
    [
      'below one that a cover lies beside',
      ['cover.png', 'p/cat/1.png', 'p/dog/1.png'],
      { images: ['cat: p/cat/1.png', 'dog: p/dog/1.png'], beside: ['cover.png'] },
    ],
    [
      'of splits with a cover beside them',
      ['cover.png', 'train/1.png', 'test/2.png'],
      { images: ['train/1.png'], others: { test: 1 }, beside: ['cover.png'] },
    ],
    [
      'beside as many images: they are no classes, and nothing is left out',
      ['1.png', '2.png', 'old/3.png', 'new/4.png'],
      { images: ['1.png', '2.png', 'old/3.png', 'new/4.png'] },
    ],
    [
      'beside which the rest lies: one folder tells nothing',
      ['1.png', 'more/2.png', 'more/3.png'],
      { images: ['1.png', 'more/2.png', 'more/3.png'] },
    ],
    ['of a test split alone beside images', ['1.png', 'test/2.png'], { images: ['1.png'], others: { test: 1 } }],
    [
      'that dataset_tool.py numbers',
      ['p/00000/img00000000.png', 'p/00001/img00001000.png'],
      { images: ['p/00000/img00000000.png', 'p/00001/img00001000.png'] },
    ],
  ])('%s', (_, names, expected) => {
    expect(told(names)).toEqual(expected);
  });

  it('of another part give that part, and a class that it lacks is not missed', () => {
    const names = ['train/cat/1.png', 'train/dog/2.png', 'test/cat/3.png', 'test/dog/4.png'];
    expect(told(names, 'test')).toEqual({
      images: ['cat: test/cat/3.png', 'dog: test/dog/4.png'],
      others: { train: 2 },
    });
    expect(told(['1.png', 'test/2.png'], 'test')).toEqual({ images: ['test/2.png'], others: { train: 1 } });
  });

  it('are looked through for the dataset.json that they all lie beside', () => {
    const names = ['p/00000/img00000000.png', 'p/00001/img00000001.png'];
    expect(told(names, 'train', ['p/'])).toEqual({ images: names, home: 'p/' });
    expect(told(['cover.png', ...names], 'train', ['p/'])).toEqual({
      images: names,
      home: 'p/',
      beside: ['cover.png'],
    });
    const split = ['train/a/1.png', 'train/b/2.png', 'test/a/3.png'];
    expect(told(split, 'train', ['train/', 'test/'])).toEqual({
      images: ['train/a/1.png', 'train/b/2.png'],
      others: { test: 1 },
      home: 'train/',
    });
  });

  it('that no image lies in give nothing', () => {
    expect(told([])).toEqual({ images: [] });
    expect(told(['test/1.png'])).toEqual({ images: [], others: { test: 1 } });
  });
});

it('splits are those that folders name, and train alone where they name none', () => {
  expect(splitsOf(['train/1.png', 'val/2.png'])).toEqual(new Set(['train', 'validation']));
  expect(splitsOf(['cat/1.png', 'dog/2.png'])).toEqual(new Set(['train']));
  expect(splitsOf(['test/1.png'])).toEqual(new Set(['test']));
});

it.each([
  ...['._1.png', 'cat/._1.png', '__MACOSX/cat/1.png', 'p/__MACOSX/1.png', '.DS_Store', 'a/Thumbs.db', 'desktop.ini'],
  ...['.hidden/1.png', 'a/.git/x', '@eaDir/1.png', '$RECYCLE.BIN/1.png'],
])('%s is what a system leaves behind', (name) => {
  expect(isJunk(name)).toBe(true);
  expect(isJunk(`cat/${name.replace(/^.*\//, 'x').replaceAll('.', '_')}y.png`)).toBe(false);
});
