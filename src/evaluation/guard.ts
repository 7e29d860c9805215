// What keeps a figure from being taken for more than it is: too few examples for its estimate, and a feature net that
// does not know its own classes.
import { GanymedeError } from '../errors.js';
import type { FeatureNet } from './features.js';

/** How many examples an estimate takes: of samples, and of real ones where it is of them too. */
export interface Enough {
  /** How many real ones there are; null where they are nothing but a scale. */
  readonly real: number | null;
  /** With fewer it says nothing, and is refused. */
  readonly least: number;
  /** With fewer it is weak, and says so. */
  readonly enough: number;
  /** Why, with the numbers. */
  readonly because: string;
}

/** What is to be said of a measurement before it is made; null where nothing is. `reason`: why it is left out. */
export type Verdict =
  | { readonly refusal: GanymedeError; readonly reason: string }
  | { readonly warning: string }
  | null;

/** `samples`: how many are to be made; null where none are. */
export function verdictOn({ real, least, enough, because }: Enough, samples: number | null): Verdict {
  const isReal = real !== null && (samples === null || real < samples);
  const fewest = isReal ? real : (samples ?? enough);
  const [what, more] = isReal ? ['real examples', 'Bring more data, or hold more out'] : ['samples', 'Raise --samples'];
  const why = `${because[0]!.toUpperCase()}${because.slice(1)}.`;
  if (fewest < least) {
    const message = `Expected at least ${counted(least)} ${what} but received ${counted(fewest)}. ${why} ${more}.`;
    const reason = `of ${what} there are ${counted(fewest)}, and it needs ${counted(least)}`;
    return { refusal: new GanymedeError(isReal ? 'DATASET_INVALID' : 'CONFIG_INVALID', message), reason };
  }
  if (fewest >= enough) return null;
  return { warning: `Of ${counted(fewest)} ${what}, where ${counted(enough)} would be enough. ${why}` };
}

/**
 * What protocols tell apart is a few points, which a net that is wrong more often than one time in ten moves by more
 * than that.
 */
const SOUND = 0.9;

/** Null of a net that is good enough, or none that says how good it is. */
export function weaknessOf({ manifest, accuracy }: FeatureNet): string | null {
  if (accuracy === null || accuracy >= SOUND) return null;
  return (
    `The feature net "${manifest.name}" takes only ${(100 * accuracy).toFixed(1)} % of held-out images for what they are: ` +
    `figures in its features compare what it sees, which is not what a person sees. Give --features with one that is right in ${100 * SOUND} % or more.`
  );
}

function counted(value: number): string {
  return value.toLocaleString('en-US');
}
