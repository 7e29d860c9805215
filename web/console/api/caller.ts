// Who the server takes this page for, and so what it may offer.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { graphql } from '../gql';
import type { Role, WhoQuery } from '../gql/graphql';

export const WHO = graphql(`
  query Who {
    server {
      codeVersion
      device
      caller {
        name
        role
        anonymous
      }
      jobs {
        engine
      }
    }
  }
`);

export type Server = WhoQuery['server'];

const Known = createContext<Server | undefined>(undefined);

export const CallerProvider = Known.Provider;

/** What the server says of itself and of who asks: known wherever a page is shown. */
export function useServer(): Server {
  const server = useContext(Known);
  if (!server) throw new Error('Expected to be inside the console, which asks the server first.');
  return server;
}

const ROLES: readonly Role[] = ['VIEWER', 'SCORER', 'ADMIN'];

/** Each may what those before it may. */
export const maySo = ({ caller }: Server, needed: Role): boolean => ROLES.indexOf(caller.role) >= ROLES.indexOf(needed);

export const useMay = (needed: Role): boolean => maySo(useServer(), needed);
