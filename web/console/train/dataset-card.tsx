// A data set as the server found it: a sheet of its pictures, its classes, and the files that it left out, with the
// reason of each.

import { here } from '../api/addresses';
import { useAnswer } from '../api/use-answer';
import { graphql } from '../gql';
import { Picture } from '../parts/picture';
import { Problem } from '../parts/problem';
import { moment } from './jobs';

const DATASET = graphql(`
  query DatasetOf($name: ID!) {
    dataset(name: $name) {
      name
      source
      examples
      shape
      width
      height
      channels
      classCount
      classes(first: 200) {
        name
        count
      }
      preview
      rejectedCount
      rejected(first: 100) {
        name
        reason
      }
      bytes
      created
      by
    }
  }
`);

export function DatasetCard({ name }: { name: string }) {
  const { data, problem } = useAnswer(DATASET, { name });
  const dataset = data?.dataset;
  return (
    <>
      <Problem of={problem} />
      {dataset && (
        <div class="dataset">
          <Picture address={here(dataset.preview)} alt={`The first examples of ${name}, a column for each class`} />
          <div>
            <p>
              {dataset.examples.toLocaleString('en')} {kindOf(dataset)}
              {dataset.classCount > 0 && `, ${dataset.classCount} classes`}.
            </p>
            <p class="faint">
              {dataset.source} · {moment(dataset.created)} · {dataset.by}
            </p>
            {dataset.rejectedCount > 0 && (
              <details open>
                <summary>
                  {dataset.rejectedCount} {dataset.rejectedCount === 1 ? 'file was' : 'files were'} left out
                </summary>
                <ul aria-label="Files that were left out" class="rejected">
                  {dataset.rejected.map(({ name: file, reason }) => (
                    <li key={file}>
                      <strong>{file}</strong>: {reason}
                    </li>
                  ))}
                </ul>
              </details>
            )}
            {dataset.classes.length > 0 && (
              <details>
                <summary>Classes</summary>
                <ul aria-label="Classes" class="links">
                  {dataset.classes.map(({ name: label, count }) => (
                    <li key={label}>
                      {label} <span class="faint">{count.toLocaleString('en')}</span>
                    </li>
                  ))}
                </ul>
              </details>
            )}
          </div>
        </div>
      )}
    </>
  );
}

interface Shaped {
  readonly shape: readonly number[];
  readonly width: number | null;
  readonly height: number | null;
  readonly channels: number | null;
}

function kindOf({ shape, width, height, channels }: Shaped): string {
  if (width === null) return `points of ${shape[0]} ${shape[0] === 1 ? 'number' : 'numbers'}`;
  return `${channels === 1 ? 'grey' : 'colour'} images of ${width} × ${height}`;
}
