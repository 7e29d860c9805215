// Where the well-known datasets are published, and the checksums published with them. The one table of addresses;
// nothing else in Ganymede asks the network for anything.

export interface PublishedFile {
  readonly name: string;
  /** Of the file as it is downloaded. MD5 is what the authors publish; it guards against damage, not against malice. */
  readonly md5: string;
}

export interface PublishedDataset {
  readonly title: string;
  /** Whom to credit. */
  readonly credit: string;
  /** Address that file names are appended to. */
  readonly base: string;
  readonly files: readonly PublishedFile[];
}

export const PUBLISHED = {
  mnist: {
    title: 'MNIST, 70,000 grey digits of 28×28',
    credit: 'LeCun, Cortes and Burges; CC BY-SA 3.0',
    // The mirror that PyTorch keeps, since the authors' own address asks for a login. Checksums: torchvision.
    base: 'https://ossci-datasets.s3.amazonaws.com/mnist/',
    files: [
      { name: 'train-images-idx3-ubyte.gz', md5: 'f68b3c2dcbeaaa9fbdd348bbdeb94873' },
      { name: 'train-labels-idx1-ubyte.gz', md5: 'd53e105ee54ea40749a09fcbcd1e9432' },
      { name: 't10k-images-idx3-ubyte.gz', md5: '9fb629c4189551a2d022fa330f9573f3' },
      { name: 't10k-labels-idx1-ubyte.gz', md5: 'ec29112dd5afa0611ce80d1b7f02629c' },
    ],
  },
  'fashion-mnist': {
    title: 'Fashion-MNIST, 70,000 grey pictures of clothes of 28×28',
    credit: 'Zalando Research (arXiv:1708.07747); MIT',
    base: 'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
    files: [
      { name: 'train-images-idx3-ubyte.gz', md5: '8d4fb7e6c68d591d4c3dfef9ec88bf0d' },
      { name: 'train-labels-idx1-ubyte.gz', md5: '25c81989df183df01b3e8a0aad5dffbe' },
      { name: 't10k-images-idx3-ubyte.gz', md5: 'bef4ecab320f06d8554ea6380940ec79' },
      { name: 't10k-labels-idx1-ubyte.gz', md5: 'bb300cfdad3c16e7a12a480ee83cd310' },
    ],
  },
  cifar10: {
    title: 'CIFAR-10, 60,000 colour photographs of 32×32 in 10 classes',
    credit: 'Krizhevsky 2009, "Learning multiple layers of features from tiny images"',
    base: 'https://www.cs.toronto.edu/~kriz/',
    files: [{ name: 'cifar-10-binary.tar.gz', md5: 'c32a1d4ab5d03f1284b67883e8d87530' }],
  },
} as const satisfies Record<string, PublishedDataset>;

export type PublishedName = keyof typeof PUBLISHED;
export const PUBLISHED_NAMES = Object.keys(PUBLISHED) as PublishedName[];
