// In what neighbours are compared, and how many one may ask for: plain names and numbers, which the schema shares.

/** Pixels: values from 0 to 255. Features: what the version's own graph of that name gives. */
export const NEIGHBOUR_SPACES = ['pixels', 'features'] as const;
export type NeighbourSpace = (typeof NEIGHBOUR_SPACES)[number];

/** Most neighbours that one may ask for. */
export const MAX_NEIGHBOURS = 32;
