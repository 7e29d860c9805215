// The pages: each is a folder with a `page.tsx` that exports what is asked for here. Nothing else has to know of it.
// Styles that lie in the folder are of that page alone (web/vite.config.js).

import type { ComponentType } from 'preact';
import type { Role } from './gql/graphql';

export interface Page {
  /** In the address. */
  readonly name: string;
  /** In the navigation. */
  readonly title: string;
  /** Its place there: Models 1, Explore 2, Score 3, Reconstruct 4, Plane 5, Train 6, Operate 7. */
  readonly order: number;
  /** Hidden from whoever may less. */
  readonly needs: Role;
  /** Whether it is of use only where the server takes jobs. */
  readonly needsJobs?: boolean;
  /** What the card of a model calls the link to `#/name/model`; undefined where this page does nothing with it. */
  readonly linkOf?: (model: Subject) => string | undefined;
  readonly View: ComponentType;
}

/** What a page may look at to say whether a model is for it. */
export interface Subject {
  readonly name: string;
  readonly capabilities: readonly string[];
  readonly image: object | null;
  readonly pointSize: number | null;
}

const found = import.meta.glob<{ readonly page: Page }>('./*/page.tsx', { eager: true });

export const PAGES: readonly Page[] = Object.values(found)
  .map(({ page }) => page)
  .sort((a, b) => a.order - b.order);
