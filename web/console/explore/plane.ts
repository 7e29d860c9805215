// The plane through three latents.

import type { LabelWeight } from '../gql/graphql';

/** How much of each corner is in a point: lower left, lower right, upper left. They add up to 1. */
export function weightsAt(across: number, up: number): readonly [number, number, number] {
  return [1 - across - up, across, up];
}

interface Prior {
  readonly kind: 'NORMAL' | 'UNIFORM';
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * Σ wᵢ zᵢ. Of independent normal latents that has √Σwᵢ² times their length, and samples so near to the mean are all
 * alike, so it is divided by that: then every point is as typical of the prior as the corners, which stay themselves.
 * Of a uniform prior it stays within the bounds.
 */
export function atWeights(latents: readonly Float32Array[], weights: readonly number[], prior: Prior): Float32Array {
  const length = prior.kind === 'NORMAL' ? Math.hypot(...weights) : 1;
  const [low, high] = prior.kind === 'UNIFORM' ? [prior.low!, prior.high!] : [-Infinity, Infinity];
  return latents[0]!.map((_, i) => {
    const sum = latents.reduce((total, latent, corner) => total + weights[corner]! * latent[i]!, 0);
    return Math.min(high, Math.max(low, sum / length));
  });
}

/** The classes of the corners, mixed alike; a corner that is left behind (a weight below 0) counts for nothing. */
export function blendOf(
  corners: readonly (readonly LabelWeight[] | null)[],
  weights: readonly number[],
): LabelWeight[] | null {
  const sums = new Map<string, number>();
  corners.forEach((shares, corner) => {
    for (const { label, weight } of shares ?? []) {
      sums.set(label, (sums.get(label) ?? 0) + Math.max(0, weights[corner]!) * weight);
    }
  });
  const mixed = [...sums].filter(([, weight]) => weight > 0).map(([label, weight]) => ({ label, weight }));
  return mixed.length === 0 ? null : mixed;
}

/** Float32, little-endian. */
export function floatsOf(base64: string): Float32Array {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

export function toBase64(values: Float32Array): string {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [i, value] of values.entries()) view.setFloat32(4 * i, value, true);
  return btoa(Array.from(new Uint8Array(view.buffer), (byte) => String.fromCharCode(byte)).join(''));
}
