// Many rows through a graph, block by block: what measures a fit sees the model as it is served.
import type { Session } from '../../engine/session.js';
import { float32, type HostTensors } from '../../engine/tensor.js';
import { blocksOf, countOf, type Rows, sliceRows } from '../../evaluation/rows.js';

export interface Through {
  readonly graph: Session;
  readonly input: string;
  /** One example of the input. */
  readonly shape: readonly number[];
  readonly output: string;
}

const BATCH = 500;

/** `labels`: one-hot rows, for a graph that is told of classes. */
export async function through({ graph, input, shape, output }: Through, rows: Rows, labels?: Rows): Promise<Rows> {
  const count = countOf(rows);
  let out: Rows | undefined;
  for (const { data, from, rows: here } of blocksOf(rows, BATCH)) {
    const feeds: HostTensors = { [input]: float32([here, ...shape], data.slice(0, here * rows.size)) };
    if (labels) feeds['label'] = float32([here, labels.size], sliceRows(labels, from, from + here).data.slice());
    const values = (await graph.run(feeds))[output]!.data as Float32Array;
    const size = values.length / here;
    out ??= { data: new Float32Array(count * size), size };
    out.data.set(values, from * size);
  }
  return out!;
}
