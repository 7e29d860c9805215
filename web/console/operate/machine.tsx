// What the server runs on, and how busy it is.

import { useServer } from '../api/caller';
import { type Counted, seconds, seriesOf, totalOf } from './counted';

export function Machine({ metrics }: { metrics: readonly Counted[] }) {
  const { device, codeVersion } = useServer();
  const total = (name: string) => totalOf(metrics, name);
  const errors = seriesOf(metrics, 'errors_total').filter(({ value }) => value);
  const facts: readonly (readonly [string, string])[] = [
    ['Device', device.toUpperCase()],
    ['Workers', `${total('engine_busy_workers')} of ${total('engine_workers')} busy`],
    ['Runs that wait', `${total('engine_waiting_runs')}`],
    ['Images', `${total('image_running_tasks')} worked on, ${total('image_waiting_tasks')} wait`],
    ['Requests', `${total('http_requests_in_flight')} being answered, ${total('http_connections')} connections`],
    ['Memory', `${Math.round(total('process_resident_memory_bytes') / 2 ** 20).toLocaleString('en')} MiB`],
    ['Event loop', `${seconds(total('nodejs_eventloop_lag_p99_seconds'))} late at most, 99 % of the time`],
    ['Release', codeVersion],
  ];
  return (
    <section aria-labelledby="machine">
      <h2 id="machine">Machine</h2>
      {total('engine_healthy') === 0 && (
        <p class="problem">The engine has given up, because its workers kept crashing.</p>
      )}
      {total('engine_crashes_total') > 0 && <p>{total('engine_crashes_total')} workers crashed and were replaced.</p>}
      {total('model_problems') > 0 && (
        <p>{total('model_problems')} versions or files of models are not served; the log says why.</p>
      )}
      <dl class="facts">
        {facts.map(([name, fact]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{fact}</dd>
          </div>
        ))}
      </dl>
      {errors.length > 0 && (
        <p>
          Refusals: {errors.map(({ labels: { code, face }, value }) => `${code} ${value} (${face})`).join(', ')}.{' '}
          <a href="docs/ERRORS.md">What they mean</a>
        </p>
      )}
    </section>
  );
}
