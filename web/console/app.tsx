// The frame around every page: navigation, who asks, and whether the server answers.

import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { CallerProvider, maySo, type Server, WHO } from './api/caller';
import { isLost } from './api/connection';
import { hasGraphiql } from './api/elsewhere';
import { key } from './api/key';
import { Refusal } from './api/refusal';
import { useStore } from './api/store';
import { useAnswer } from './api/use-answer';
import { PAGES, type Page } from './pages';
import { KeyButton, KeyForm } from './parts/key-form';
import { Problem } from './parts/problem';
import { hrefOf, usePlace } from './place';

export function App() {
  const { data, problem } = useAnswer(WHO, {});
  const asker = useStore(key);
  if (problem instanceof Refusal && ['UNAUTHENTICATED', 'FORBIDDEN'].includes(problem.code)) {
    return (
      <Frame>
        <KeyForm problem={asker === null ? undefined : problem} />
      </Frame>
    );
  }
  if (!data) {
    return (
      <Frame>
        <Problem of={problem} />
      </Frame>
    );
  }
  return (
    <CallerProvider value={data.server}>
      <Frame server={data.server}>
        <Shown server={data.server} />
      </Frame>
    </CallerProvider>
  );
}

const isFor = (server: Server) => (page: Page) =>
  maySo(server, page.needs) && !(page.needsJobs && server.jobs === null);

function Frame({ server, children }: { server?: Server; children: ComponentChildren }) {
  const { page } = usePlace();
  return (
    <>
      <header class="top">
        <a class="brand" href={hrefOf('models')}>
          Ganymede
        </a>
        {server && (
          <nav aria-label="Pages">
            {PAGES.filter(isFor(server)).map(({ name, title }) => (
              <a key={name} href={hrefOf(name)} aria-current={name === (page || 'models') ? 'page' : undefined}>
                {title}
              </a>
            ))}
          </nav>
        )}
        <nav aria-label="Elsewhere">
          {hasGraphiql && <a href="graphiql">GraphiQL</a>}
          <a href="docs/README.md">Docs</a>
        </nav>
        {server && <KeyButton server={server} />}
      </header>
      <Connection />
      <main class={`page-${page || 'models'}`}>{children}</main>
    </>
  );
}

function Connection() {
  const lost = useStore(isLost);
  return (
    <p class="connection" role="status">
      {lost && 'No connection to the server. It is tried again every few seconds.'}
    </p>
  );
}

function Shown({ server }: { server: Server }) {
  const { page: name } = usePlace();
  const page = PAGES.find((one) => one.name === (name || 'models'));
  const isOpen = page !== undefined && isFor(server)(page);
  useEffect(() => {
    document.title = isOpen ? `${page.title} · Ganymede` : 'Ganymede';
  }, [page, isOpen]);
  if (isOpen) return <page.View key={page.name} />;
  return (
    <section>
      <h1>There is no such page</h1>
      <p>
        {page
          ? `“${page.title}” is for those whose key says ${page.needs.toLowerCase()}, on a server that takes such work.`
          : 'The address names none of the pages above.'}
      </p>
    </section>
  );
}
