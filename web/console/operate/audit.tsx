// The audit log: what admins did, newest first, and whether it is as it was written.

import { useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { useAnswer } from '../api/use-answer';
import { graphql } from '../gql';
import type { AuditCheckQuery } from '../gql/graphql';
import { Problem } from '../parts/problem';
import { TypedWithLabel } from '../parts/typed';
import { moment } from '../train/jobs';

const AUDIT = graphql(`
  query Audit($first: Int!, $action: String) {
    audit(first: $first, filter: { action: $action }) {
      totalCount
      nodes {
        seq
        at
        by
        action
        about
      }
    }
  }
`);

const CHECK = graphql(`
  query AuditCheck {
    auditCheck {
      entries
      intact
      brokenAt
    }
  }
`);

const PAGE = 20;
const MOST = 100;

export function Audit() {
  const [first, setFirst] = useState(PAGE);
  const [action, setAction] = useState('');
  const { data, problem, again } = useAnswer(AUDIT, { first, action: action || null });
  const [checked, setChecked] = useState<AuditCheckQuery['auditCheck']>();
  const [refused, setRefused] = useState<Error>();
  const check = () => ask(CHECK, {}).then(({ auditCheck }) => setChecked(auditCheck), setRefused);
  const log = data?.audit;
  return (
    <section aria-labelledby="audit">
      <div class="title">
        <h2 id="audit">What admins did</h2>
        <div class="controls">
          <TypedWithLabel
            label="Only"
            value={action}
            placeholder="such as promote"
            onTyped={(typed) => setAction(typed.trim())}
          />
          <button type="button" onClick={again}>
            Look again
          </button>
          <button type="button" onClick={() => void check()}>
            Check the log
          </button>
        </div>
      </div>
      <Problem of={problem ?? refused} />
      <p role="status">{checked && verdictOf(checked)}</p>
      {log?.totalCount === 0 && <p class="faint">Nothing yet.</p>}
      <ol class="audit">
        {log?.nodes.map(({ seq, at, by, action: what, about }) => (
          <li key={seq}>
            <span class="faint">{moment(at)}</span> {by}: <strong>{what}</strong> <code>{JSON.stringify(about)}</code>
          </li>
        ))}
      </ol>
      {log && log.totalCount > log.nodes.length && first < MOST && (
        <button type="button" onClick={() => setFirst((last) => Math.min(MOST, last + PAGE))}>
          Show more of {log.totalCount}
        </button>
      )}
    </section>
  );
}

function verdictOf({ entries, intact, brokenAt }: AuditCheckQuery['auditCheck']): string {
  if (intact === null) return `${entries} entries. Over Redis they have no digests to check.`;
  if (intact) return `All ${entries} entries are as they were written.`;
  return `Entry ${brokenAt} does not follow from the one before it: somebody changed the log.`;
}
