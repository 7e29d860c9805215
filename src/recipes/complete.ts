// What a recipe leaves out, filled in for the data at hand, and what the model is called: the words of a recipe that
// speak of other data would be untrue.

import { checkRecipe } from './check-recipe.js';
import { type ChoiceFacts, choose } from './choose.js';
import type { Overrides } from './overrides.js';
import { NOT_STATED, type Recipe, UNTITLED } from './recipe.js';

export interface Completed {
  readonly recipe: Recipe;
  /** What was chosen, and why; nothing where the recipe said it all. */
  readonly why: readonly string[];
}

/** What belongs to networks: only of a recipe that leaves these to us does it mean anything that they are not there. */
const WITH_NETWORKS = [
  'latent',
  'generator',
  'discriminator',
  'conditional',
  'augment',
  'penalties',
  'optimizer',
  'updates',
  'ema',
  'run',
];

/** Whether a recipe leaves the networks to the data, as {} does. */
export function leavesNetworks(json: unknown): boolean {
  return isObject(json) && networkOf(json['generator']) === undefined && networkOf(json['discriminator']) === undefined;
}

/** A recipe that leaves out its networks, with those and with whatever else it leaves out as the data asks for. */
export function completed(json: unknown, from: string, data: ChoiceFacts, overrides: Overrides = {}): Completed {
  if (!isObject(json)) return { recipe: checkRecipe(json, from, overrides), why: [] };
  const said = json;
  const { sections, why } = choose(data, numberOf(overrides['batch'] ?? said['batch']));
  const chosen = leavesNetworks(said)
    ? sections
    : Object.fromEntries(Object.entries(sections).filter(([name]) => !WITH_NETWORKS.includes(name)));
  const names = new Set([...Object.keys(chosen), ...Object.keys(said)]);
  const both = Object.fromEntries([...names].map((name) => [name, joined(chosen[name], said[name])]));
  const recipe = checkRecipe({ source: 'Chosen by Ganymede for the data', ...both }, from, overrides);
  return { recipe, why };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** A recipe that a run has as `whole`: what it leaves to the data is there as the run has it. */
export function wholeLike(json: unknown, whole: Recipe): unknown {
  if (!isObject(json)) return json;
  const all = leavesNetworks(json)
    ? Object.entries(whole)
    : Object.entries(whole).filter(([name]) => !WITH_NETWORKS.includes(name));
  const filled = Object.fromEntries(all.map(([name, value]) => [name, joined(value, json[name])]));
  return { ...json, ...filled };
}

/** What is said goes before what is chosen; of sections, setting by setting. */
function joined(chosen: unknown, said: unknown): unknown {
  return isObject(chosen) && isObject(said) ? { ...chosen, ...said } : (said ?? chosen);
}

function networkOf(player: unknown): unknown {
  return isObject(player) ? player['network'] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Data as a recipe may know it: its name, and what it is told by. */
export interface NamedData {
  readonly name: string;
  readonly shape: readonly number[];
  readonly classes?: readonly string[];
  readonly sha256: string;
  readonly formerSha256?: string;
}

/** The words by which a model is known. */
export type Words = Partial<Pick<Recipe, (typeof WORDS)[number]>>;
export const WORDS = ['title', 'description', 'license'] as const;

export interface Worded {
  readonly recipe: Recipe;
  /** What a person should know of the words, or nothing. */
  readonly notices: readonly string[];
}

/**
 * The recipe with the words that are `said`, and else with its own where these speak of this data (`isOwn`); where they
 * do not, with neutral ones.
 */
export function worded(recipe: Recipe, data: NamedData, isOwn: boolean, said: Words = {}): Worded {
  const unnamed = recipe.title === UNTITLED;
  const own = isOwn && !unnamed ? {} : { ...neutralWords(recipe, data), ...(isOwn ? stated(recipe) : {}) };
  const result = { ...recipe, ...own, ...said };
  const notices = [];
  if (!isOwn && said.title === undefined && !unnamed) {
    notices.push(
      `The recipe speaks of other data ("${recipe.title}"), so the model is called "${result.title}". --title and --description say it better.`,
    );
  }
  if (result.license === NOT_STATED) {
    notices.push(
      'The licence of what the model makes is not stated. It follows from that of the data: say it with --license.',
    );
  }
  return { recipe: result, notices };
}

/** Whether the words of a recipe speak of this data: it names none, or this. */
export function isOf({ data: { of } }: Recipe, data: NamedData): boolean {
  if (!of) return true;
  const builtin = /^builtin:[a-z0-9]+/.exec(data.name)?.[0];
  return (
    of.what === builtin || [data.sha256, data.formerSha256].some((sha) => sha !== undefined && of.digests.includes(sha))
  );
}

/** What can be said of any data; never what it or its folder is called, which may be nobody's business. */
function neutralWords(recipe: Recipe, { shape, classes = [] }: NamedData): Required<Words> {
  const [channels, height, width] = shape;
  const told = recipe.conditional && classes.length > 1 ? `${classes.length} classes` : '';
  if (shape.length === 1) {
    const points = `Points of ${channels} ${channels === 1 ? 'number' : 'numbers'}`;
    return { title: told ? `Points of ${told}` : points, description: `${points}.`, license: NOT_STATED };
  }
  const images = channels === 1 ? 'Grey images' : 'Colour images';
  return {
    title: told ? `Images of ${told}` : images,
    description: `${images} of ${width}×${height} pixels${told && `, ${told}`}.`,
    license: NOT_STATED,
  };
}

/** What a recipe without a title says all the same. */
function stated({ description, license }: Recipe): Words {
  return { description, license };
}
