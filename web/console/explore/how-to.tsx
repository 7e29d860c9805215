// How to have again what is seen: the link, the picture's address, the command and the query.

import { hasGraphiql } from '../api/elsewhere';
import { key } from '../api/key';
import { useStore } from '../api/store';
import { Copy } from '../parts/copy';
import { Save } from '../parts/save';
import { hrefOf, usePlace } from '../place';
import type { Model } from './page';
import { queryOf } from './query-text';
import type { Settings } from './settings';
import type { SampleShown } from './use-sample';

interface Props {
  readonly model: Model;
  readonly settings: Settings;
  readonly sample: SampleShown;
}

export function HowTo({ model, settings, sample: { shown, address } }: Props) {
  const { query } = usePlace();
  const withKey = useStore(key) !== null;
  const asked = queryOf(model, settings);
  const link = () => new URL(hrefOf('explore', [model.name, `${model.version}`], query), document.baseURI).href;
  return (
    <>
      <p class="links">
        {shown?.image && (
          <Save address={shown.image.dataUri} name={`${model.name}-${settings.seed}.png`}>
            PNG
          </Save>
        )}
        <Copy text={link}>Copy the link to this</Copy>
      </p>
      <details>
        <summary>The same from a script</summary>
        <h3>The query</h3>
        <pre>
          <code>{asked}</code>
        </pre>
        <p class="links">
          <Copy text={() => asked}>Copy the query</Copy>
          {hasGraphiql && (
            <a class="button" href={`graphiql?query=${encodeURIComponent(asked)}`}>
              Ask it in GraphiQL
            </a>
          )}
        </p>
        {address && (
          <>
            <h3>The picture</h3>
            <pre>
              <code>
                {curl(new URL(address, document.baseURI).href, `${model.name}-${settings.seed}.png`, withKey)}
              </code>
            </pre>
          </>
        )}
      </details>
    </>
  );
}

const curl = (address: string, file: string, withKey: boolean) =>
  `curl -o ${file}${withKey ? ' -H "authorization: Bearer $GANYMEDE_KEY"' : ''} '${address}'`;
