// Many rows through a graph, block by block: what measures a fit sees the model as it is served.
import type { Session } from '../../engine/session.js';
import { float32, type HostTensors } from '../../engine/tensor.js';
import { blocksOf, countOf, type Rows, sliceRows } from '../../evaluation/rows.js';
import { untruncated } from '../../models/truncation.js';

/** A graph, and what it calls the rows. */
export interface Into {
  readonly graph: Session;
  readonly input: string;
  /** One example of the input. */
  readonly shape: readonly number[];
}

export interface Through extends Into {
  readonly output: string;
}

const BATCH = 500;

/** `labels`: one-hot rows, for a graph that is told of classes. */
export async function through({ output, ...into }: Through, rows: Rows, labels?: Rows): Promise<Rows> {
  return (await allThrough(into, rows, labels))[output]!;
}

/** All that the graph gives of each row, by name. */
export async function allThrough(
  { graph, input, shape }: Into,
  rows: Rows,
  labels?: Rows,
): Promise<Readonly<Record<string, Rows>>> {
  const count = countOf(rows);
  const out: Record<string, Rows> = {};
  for (const { data, from, rows: here } of blocksOf(rows, BATCH)) {
    const feeds: HostTensors = { [input]: float32([here, ...shape], data.slice(0, here * rows.size)) };
    Object.assign(feeds, untruncated(graph, here));
    if (labels) feeds['label'] = float32([here, labels.size], sliceRows(labels, from, from + here).data.slice());
    for (const [name, { data: values }] of Object.entries(await graph.run(feeds))) {
      const size = values.length / here;
      out[name] ??= { data: new Float32Array(count * size), size };
      out[name].data.set(values as Float32Array, from * size);
    }
  }
  return out;
}
