// GraphiQL, the explorer of a GraphQL API, for this server. It comes from its npm package and asks only /graphql.

import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './graphiql.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

const WELCOME = `# Ctrl+Enter runs a query, Ctrl+Space completes it. The book on the left holds the schema.
{
  models {
    name
    version
    capabilities
  }
}
`;

// Relative to this page, so that a proxy may serve everything below a folder.
const fetcher = createGraphiQLFetcher({ url: new URL('graphql', document.baseURI).href });

/** A link may bring a query, /graphiql?query=…; it is shown and waits for a person to run it. */
const brought = new URLSearchParams(location.search).get('query');

createRoot(document.getElementById('graphiql') as HTMLElement).render(
  createElement(GraphiQL, { fetcher, defaultQuery: WELCOME, ...(brought !== null && { initialQuery: brought }) }),
);
