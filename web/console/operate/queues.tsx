// Graphs that were asked for: what waits for each, how large its batches are, and how long they take.

import { type Counted, having, seconds, seriesOf } from './counted';
import { Wide } from './wide';

export function Queues({ metrics }: { metrics: readonly Counted[] }) {
  const [waiting, waits, runs] = ['queue_rows', 'queue_wait_seconds', 'engine_run_seconds'].map((name) =>
    seriesOf(metrics, name),
  );
  const used = seriesOf(metrics, 'batch_rows')
    .filter(({ spread }) => spread!.count > 0)
    .sort((a, b) => b.spread!.count - a.spread!.count);
  return (
    <section aria-labelledby="queues">
      <h2 id="queues">Queues and batches</h2>
      <p class="faint">
        Rows, such as samples, that are asked for while a graph is busy go together in its next batch: larger batches,
        fewer runs.
      </p>
      {used.length === 0 ? (
        <p>No graph was asked for yet.</p>
      ) : (
        <Wide label="Table of queues">
          <table>
            <thead>
              <tr>
                <th scope="col">Graph</th>
                <th scope="col">Waiting rows</th>
                <th scope="col">Batches</th>
                <th scope="col">Rows a batch</th>
                <th scope="col">Wait: half within</th>
                <th scope="col">95 %</th>
                <th scope="col">Run: half within</th>
                <th scope="col">95 %</th>
              </tr>
            </thead>
            <tbody>
              {used.map(({ labels, spread }) => (
                <tr key={JSON.stringify(labels)}>
                  <th scope="row">
                    {labels['model']} {labels['version']}, {labels['graph']}
                  </th>
                  <td>{having(waiting!, labels)?.value ?? 0}</td>
                  <td>{spread!.count.toLocaleString('en')}</td>
                  <td>{Number((spread!.mean ?? 0).toPrecision(3))}</td>
                  <td>{seconds(having(waits!, labels)?.spread?.median)}</td>
                  <td>{seconds(having(waits!, labels)?.spread?.most)}</td>
                  <td>{seconds(having(runs!, labels)?.spread?.median)}</td>
                  <td>{seconds(having(runs!, labels)?.spread?.most)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}
    </section>
  );
}
