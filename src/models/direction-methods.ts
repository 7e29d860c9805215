// How directions of a latent space are found, and how many. Numbers alone, so that the schema loads no engine for them.

/** principal.ts says what they are. */
export const DIRECTION_METHODS = ['factorised', 'pca'] as const;

export type DirectionMethod = (typeof DIRECTION_METHODS)[number];

/** Directions that are kept of a version. */
export const MAX_DIRECTIONS = 64;
