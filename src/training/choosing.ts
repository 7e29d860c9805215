// What a run is asked for, made whole: the recipe and the data that go together. What a person leaves out is chosen,
// and said with its reason; a model is called what it is.
import { type Dataset } from '../datasets/dataset.js';
import { type OpenOptions, openDataset } from '../datasets/open.js';
import { openAsProposed, type Wishes } from '../datasets/proposal.js';
import { checkRecipe, readRecipe } from '../recipes/check-recipe.js';
import { completed, isOf, leavesNetworks, WORDS, type Words, worded } from '../recipes/complete.js';
import { isHalvable } from '../recipes/image-sizes.js';
import type { Overrides } from '../recipes/overrides.js';
import type { Recipe } from '../recipes/recipe.js';

export interface Asked extends Words {
  readonly data: string;
  readonly config?: string;
  readonly overrides?: Overrides;
}

export interface Chosen {
  readonly recipe: Recipe;
  readonly dataset: Dataset;
  /** Of the data, with what was proposed for it. */
  readonly address: string;
  /** What was chosen, and why. */
  readonly why: readonly string[];
  /** What a person should know before it begins. */
  readonly notices: readonly string[];
}

/** Networks are chosen for images of at most so many pixels a side: twice the side takes four times as long. */
const MOST_SIDE = 128;

/** A run by a recipe, or by one that is chosen for the data: {} where there is none. */
export async function chosen(asked: Asked, opening: OpenOptions = {}): Promise<Chosen> {
  const { data, config } = asked;
  const overrides = settingsOf(asked);
  const json = config ? await readRecipe(config) : {};
  const from = config ?? 'that is chosen for the data';
  const free = leavesNetworks(json);
  checkRecipe(json, from, free ? wordsAmong(overrides) : overrides); // before the data is read
  const range = rangeOf(json) ?? [-1, 1];
  const opened = free ? await openAsProposed(data, { range, ...opening }, { fits }) : null;
  const dataset = opened?.dataset ?? (await openDataset(data, { range, ...opening }));
  const whole = completed(json, from, dataset, overrides);
  return {
    ...{ dataset, address: opened?.address ?? data },
    why: free ? [...reasonOf(opened), ...whole.why] : [],
    ...inWords(whole.recipe, dataset, isOf(whole.recipe, dataset), asked),
  };
}

/** A run by the recipe of another, on data in the shape of its own. */
export async function chosenLike(
  recipe: Recipe,
  { shape, isOwn }: { readonly shape: readonly number[]; readonly isOwn: (data: Dataset) => boolean },
  asked: Asked,
  opening: OpenOptions = {},
): Promise<Chosen> {
  const opened = await openAsProposed(asked.data, { range: recipe.data.range, ...opening }, { shape });
  const { dataset, address } = opened;
  return { dataset, address, why: reasonOf(opened), ...inWords(recipe, dataset, isOwn(dataset), asked) };
}

const fits: NonNullable<Wishes['fits']> = ([channels, height, width]) =>
  Math.max(height!, width!) <= MOST_SIDE &&
  (isHalvable({ channels: channels!, height: height!, width: width! }) || height! * width! <= SMALL);

/** Pixels that perceptrons make, where convolutions do not fit. */
const SMALL = 32 * 32;

function reasonOf(opened: { readonly address: string; readonly because: string | null } | null): string[] {
  if (!opened?.because) return [];
  return [`the data as ${opened.address}, scaled and cropped to the centre, since ${opened.because}`];
}

/** Words that were said, as options or as settings of the recipe, are kept. */
function inWords(recipe: Recipe, dataset: Dataset, isOwn: boolean, asked: Asked) {
  const said = Object.keys(wordsAmong(settingsOf(asked))) as (keyof Words)[];
  return worded(recipe, dataset, isOwn, Object.fromEntries(said.map((word) => [word, recipe[word]])));
}

/** Words are settings, too. */
export function settingsOf({ overrides = {}, title, description, license }: Asked): Overrides {
  const words = Object.entries({ title, description, license }).filter(([, text]) => text !== undefined);
  return { ...overrides, ...Object.fromEntries(words) };
}

function wordsAmong(settings: Overrides): Overrides {
  return Object.fromEntries(Object.entries(settings).filter(([path]) => (WORDS as readonly string[]).includes(path)));
}

function rangeOf(json: unknown): readonly [number, number] | undefined {
  const range = (json as { data?: { range?: unknown } } | null)?.data?.range;
  if (!Array.isArray(range) || range.length !== 2) return undefined;
  const [low, high] = range as unknown[];
  return typeof low === 'number' && typeof high === 'number' && low < high ? [low, high] : undefined;
}
