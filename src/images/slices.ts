// Small works that this thread does itself, a slice of time of them in each turn of the event loop, so that thousands
// of them hold nobody up for long. Clients take turns, so that who brings one does not wait for who brought a thousand.

/** Long enough to keep the thread busy, short beside what a request takes. */
const SLICE_MS = 2;

type Work = () => Promise<void>;

/** Each client's works in order. */
const queues = new Map<object, Work[]>();
let running = false;

/** Done in a later turn of the event loop. Works of one `client` keep their order. */
export function inSlices<T>(client: object, task: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const work = () => task().then(resolve, reject);
    const own = queues.get(client);
    if (own) own.push(work);
    else queues.set(client, [work]);
    if (running) return;
    running = true;
    setImmediate(slice);
  });
}

async function slice(): Promise<void> {
  const end = performance.now() + SLICE_MS;
  while (queues.size > 0 && performance.now() < end) await next();
  running = queues.size > 0;
  if (running) setImmediate(slice);
}

/** One work of the client who has waited longest for a turn. */
function next(): Promise<void> {
  const [client, works] = queues.entries().next().value!;
  queues.delete(client);
  const work = works.shift()!;
  if (works.length > 0) queues.set(client, works);
  return work();
}
