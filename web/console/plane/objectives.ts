// The objectives that this page plays side by side, and what each changes of the recipe.

export interface Objective {
  /** As recipes name it. */
  readonly name: string;
  readonly title: string;
  /** In a sentence. */
  readonly meaning: string;
  readonly overrides: Readonly<Record<string, string | number>>;
}

export const OBJECTIVES: readonly Objective[] = [
  {
    name: 'minimax',
    title: 'Minimax',
    meaning: 'the game of the paper’s equation: G lowers ln(1 − D); its gradient fades where D is sure',
    overrides: { objective: 'minimax' },
  },
  {
    name: 'non-saturating',
    title: 'Non-saturating',
    meaning: 'what the paper trains with: G raises ln D, and is pulled hardest where D is sure',
    overrides: { objective: 'non-saturating' },
  },
  {
    name: 'maximise-logit',
    title: 'KL(Q‖P)',
    meaning:
      'G raises ln D − ln(1 − D), which at the best D lowers KL(Q‖P): it would rather miss a mode than invent one',
    overrides: { objective: 'maximise-logit' },
  },
  {
    name: 'wgan-gp',
    title: 'WGAN-GP',
    meaning: 'D estimates a distance, with its slope held near 1 and five steps for each of G',
    overrides: { objective: 'wgan-gp', 'updates.discriminatorSteps': 5 },
  },
];

export const titleOf = (name: string): string => OBJECTIVES.find((one) => one.name === name)?.title ?? name;
