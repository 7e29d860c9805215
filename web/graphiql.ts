// GraphiQL, the explorer of a GraphQL API, for this server. It comes from its npm package and asks only /graphql.

import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './graphiql.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

const WELCOME = `# Ctrl+Enter runs a query, Ctrl+Space completes it. The book on the left holds the schema.
query Models {
  models {
    name
    version
    capabilities
  }
}
`;

/** What else there is to try, a tab each. */
const TABS = [
  WELCOME,
  `# Samples with how real the scorer takes each to be; leave the seed out for new ones.
query Samples {
  sample(model: "faces", seed: 42, count: 4) {
    seed
    image(size: 128) { url }
    score { probability }
  }
}
`,
  `# A path from class to class, as one strip and as one animation.
query FromClassToClass {
  interpolate(model: "mnist-conditional", waypoints: [{ seed: 1, label: "3" }, { label: "8" }], steps: 12) {
    strip(size: 56) { url }
    animation(size: 140) { url }
  }
}
`,
  `# One sample, moved along a direction in which samples change most.
query AlongADirection {
  latentDirections(model: "faces", count: 3) { index share }
  edit(model: "faces", seed: 42, edits: [{ direction: { method: FACTORISED, index: 0 }, strengths: [-3, 0, 3] }]) {
    image(size: 128) { url }
  }
}
`,
].map((query) => ({ query }));

// Relative to this page, so that a proxy may serve everything below a folder.
const fetcher = createGraphiQLFetcher({ url: new URL('graphql', document.baseURI).href });

/** A link may bring a query, /graphiql?query=…; it is shown and waits for a person to run it. */
const brought = new URLSearchParams(location.search).get('query');

createRoot(document.getElementById('graphiql') as HTMLElement).render(
  createElement(GraphiQL, {
    fetcher,
    defaultQuery: WELCOME,
    ...(brought === null ? { defaultTabs: TABS } : { initialQuery: brought }),
  }),
);
