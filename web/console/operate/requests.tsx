// What was asked, by address, and how long the answers took.

import type { JsonObject } from '../api/json';
import { type Counted, type Series, seconds, seriesOf } from './counted';
import { Wide } from './wide';

export function Requests({ metrics }: { metrics: readonly Counted[] }) {
  const ended = seriesOf(metrics, 'http_requests_total');
  const rows = seriesOf(metrics, 'http_request_seconds')
    .map(({ labels, spread }) => ({ labels, spread: spread!, failed: failuresOf(ended, labels) }))
    .sort((a, b) => b.spread.count - a.spread.count);
  return (
    <section aria-labelledby="requests">
      <h2 id="requests">Requests</h2>
      <Wide label="Table of requests">
        <table>
          <thead>
            <tr>
              <th scope="col">Address</th>
              <th scope="col">Requests</th>
              <th scope="col">Refused</th>
              <th scope="col">Failed</th>
              <th scope="col">Half within</th>
              <th scope="col">95 % within</th>
              <th scope="col">99 % within</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ labels: { method, route }, spread, failed }) => (
              <tr key={`${method} ${route}`}>
                <th scope="row">
                  {method} {route === 'none' ? 'no such address' : route}
                </th>
                <td>{spread.count.toLocaleString('en')}</td>
                <td>{failed.refused}</td>
                <td>{failed.failed}</td>
                <td>{seconds(spread.median)}</td>
                <td>{seconds(spread.most)}</td>
                <td>{seconds(spread.nearlyAll)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </section>
  );
}

/** Of one address: what was wrong with the request (4xx), and what went wrong here (5xx). */
function failuresOf(ended: readonly Series[], { method, route }: JsonObject) {
  const own = ended.filter(({ labels }) => labels['method'] === method && labels['route'] === route);
  const among = (first: string) =>
    own.reduce((sum, { labels, value }) => sum + (`${labels['status']}`.startsWith(first) ? (value ?? 0) : 0), 0);
  return { refused: among('4'), failed: among('5') };
}
