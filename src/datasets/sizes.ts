// The sizes of images that are not all of one: how a person is told of them, and the one that is proposed for all.

export interface ImageSides {
  readonly width: number;
  readonly height: number;
  /** Images that have them. */
  readonly count: number;
}

export interface NamedSides extends ImageSides {
  /** Of one of these images. */
  readonly name: string;
}

/** Sides that are proposed, which convolutions pass through and a CPU trains in an hour. */
const SIDES = [64, 32, 16];

/** Sizes that a sentence names. */
const NAMED = 4;

/** `resize=64x64`: the largest side of those above that half of the images have, so that half are not blown up. */
export function settingsFor(sizes: readonly ImageSides[]): string {
  const shorter = sizes.flatMap(({ width, height, count }) => new Array<number>(count).fill(Math.min(width, height)));
  const median = shorter.sort((a, b) => a - b)[Math.floor(shorter.length / 2)]!;
  const side = SIDES.find((one) => one <= median) ?? SIDES.at(-1)!;
  return `resize=${side}x${side}`;
}

/** "4 sizes: 640×480 (70, such as cat/1.jpg), 480×640 (30, …), …", the commonest first. */
export function describedSizes(sizes: readonly NamedSides[]): string {
  const sorted = [...sizes].sort((a, b) => b.count - a.count || b.width * b.height - a.width * a.height);
  const named = sorted.slice(0, NAMED).map((one) => `${one.width}×${one.height} (${one.count}, such as ${one.name})`);
  const more = sizes.length > NAMED ? `, and ${sizes.length - NAMED} more` : '';
  return `${sizes.length} sizes: ${named.join(', ')}${more}`;
}
