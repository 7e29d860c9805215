// Classes that a client asked for, one or a mixture of several, checked: by name in GraphQL, by index in addresses.
// Whether a graph of a model is told of classes the model says; here is what may then be asked of any graph.

import { expected, GanymedeError } from '../errors.js';
import { checkLength } from '../limits.js';
import type { Capability } from '../models/capabilities.js';
import { type ClassLabel, type LabelShare, labelFromSeed, mixture, sharesOf } from '../models/labels.js';
import type { Model } from '../models/model.js';
import type { LabelNeed } from '../models/scoring.js';

/** By index into the manifest's labels; null where the generator is not conditional. */
export type Label = ClassLabel | null;

/** 'drawn': each sample's class follows from its own seed. */
export type LabelChoice = Label | 'drawn';

/** One of the classes of a mixture as a client names it; a weight may be any number ≥ 0. */
export interface LabelWeight {
  readonly label: string | number;
  readonly weight: number;
}

/** What a client may ask for: a class by name or index, several with weights, or undefined for none in particular. */
export type AskedLabel = string | number | readonly LabelWeight[] | undefined;

/** A manifest may name 65,536 classes; a message names no more than these. */
const NAMED = 50;

/** What messages call the network behind each graph. */
const NETWORKS: Readonly<Record<Capability, string>> = {
  generate: 'generator',
  score: 'discriminator',
  scorer: 'scorer',
  features: 'feature net',
  encode: 'encoder',
  classify: 'classifier',
  inpaint: 'inpainter',
  map: 'mapping',
  synthesize: 'synthesis',
};

/** Of the two arguments at most one is given. */
export function askedLabel({
  label,
  labels,
}: {
  readonly label?: string | null;
  readonly labels?: readonly LabelWeight[] | null;
}): AskedLabel {
  if (label != null && labels != null) throw expected('either label or labels', 'both');
  return label ?? labels ?? undefined;
}

/** For samples of seeds, which `graph` makes: where nothing is asked for, each sample's class is drawn. */
export async function labelChoice(
  asked: AskedLabel,
  model: Model,
  graph: Capability = 'generate',
): Promise<LabelChoice> {
  if (await model.takesLabel(graph)) return asked === undefined ? 'drawn' : classOf(asked, model);
  if (asked === undefined) return null;
  throw notConditional(asked, typeof asked === 'object' ? 'labels' : 'label', model, graph);
}

/** The class of one sample; `seed` is undefined for an explicit latent, from which no class can be drawn. */
export function labelOf(choice: LabelChoice, seed: number | undefined, model: Model): Label {
  if (choice !== 'drawn') return choice;
  if (seed !== undefined) return labelFromSeed(seed, namesOf(model).length);
  throw expected(`a label beside z, for ${model.name} is conditional,`, undefined, 'BAD_USER_INPUT', known(model));
}

/** Null for a mixture too, which has no name of its own. */
export function labelName(label: Label, model: Model): string | null {
  return typeof label === 'number' ? namesOf(model)[label]! : null;
}

/** A class alone has the weight 1. */
export function namedShares(label: Label, model: Model): { label: string; weight: number }[] | null {
  if (label === null) return null;
  return sharesOf(label).map(({ label: index, weight }) => ({ label: namesOf(model)[index]!, weight }));
}

/** For `count` examples that a client sends to `graph`: one index each; undefined if the graph is not conditional. */
export async function exampleLabels(
  labels: readonly string[] | null | undefined,
  count: number,
  model: Model,
  graph: Capability,
): Promise<number[] | undefined> {
  return labelsFor(labels, count, model, graph, (await model.takesLabel(graph)) ? 'required' : 'none');
}

/** The same for examples that are scored, by whatever scorer answers. */
export async function scoredLabels(
  labels: readonly string[] | null | undefined,
  count: number,
  model: Model,
): Promise<number[] | undefined> {
  return labelsFor(labels, count, model, model.scorer.graph, await model.scoringLabel());
}

function labelsFor(
  labels: readonly string[] | null | undefined,
  count: number,
  model: Model,
  graph: Capability,
  need: LabelNeed,
): number[] | undefined {
  if (labels == null) {
    if (need !== 'required') return undefined;
    const what = `labels, for the ${NETWORKS[graph]} of ${model.name} is conditional,`;
    throw expected(what, undefined, 'BAD_USER_INPUT', known(model));
  }
  if (need === 'none') throw notConditional(labels, 'labels', model, graph);
  if (labels.length !== 1 && labels.length !== count) {
    throw expected(count === 1 ? '1 label' : `1 or ${count} labels`, labels.length);
  }
  const indices = labels.map((label) => indexOf(label, model));
  return indices.length === count ? indices : new Array<number>(count).fill(indices[0]!);
}

function classOf(asked: NonNullable<AskedLabel>, model: Model): ClassLabel {
  return typeof asked === 'object' ? mixtureOf(asked, model) : indexOf(asked, model);
}

function mixtureOf(asked: readonly LabelWeight[], model: Model): ClassLabel {
  const shares: LabelShare[] = checkLength('labels', asked).map(({ label, weight }, i) => {
    if (Number.isFinite(weight) && weight >= 0) return { label: indexOf(label, model), weight };
    throw expected(`labels[${i}].weight to be a finite number of at least 0`, weight);
  });
  const twice = shares.findIndex(({ label }, i) => shares.findIndex((share) => share.label === label) < i);
  if (twice >= 0) throw expected('different labels', `${namesOf(model)[shares[twice]!.label]!} twice`);
  if (shares.some(({ weight }) => weight > 0)) return mixture(shares);
  throw expected('labels of which one weighs more than 0', asked);
}

function indexOf(label: string | number, model: Model): number {
  const names = namesOf(model);
  if (typeof label === 'number') {
    if (label < names.length) return label;
    throw expected(`label to be an integer in [0, ${names.length - 1}]`, label);
  }
  const index = names.indexOf(label);
  if (index >= 0) return index;
  const wanted = label.normalize('NFC'); // é is one letter, however it is written
  const same = names.findIndex((name) => name.normalize('NFC') === wanted);
  if (same >= 0) return same;
  throw new GanymedeError(
    'BAD_USER_INPUT',
    expected(`a class of ${model.name} as label`, label, 'BAD_USER_INPUT', known(model)).message,
    {
      details: { labels: names.slice(0, NAMED), count: names.length },
    },
  );
}

function notConditional(label: unknown, argument: 'label' | 'labels', model: Model, graph: Capability): GanymedeError {
  return expected(`no ${argument}, for the ${NETWORKS[graph]} of ${model.name} is not conditional,`, label);
}

/** Asked only of a model with a graph that takes labels; capabilities.ts sees to it that its manifest names them. */
function namesOf(model: Model): readonly string[] {
  return model.manifest.labels ?? [];
}

function known(model: Model): string {
  const names = namesOf(model);
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `Its classes are ${names.slice(0, NAMED).join(', ')}${more}.`;
}
