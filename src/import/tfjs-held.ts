// A backend of TensorFlow.js that keeps tensors and computes nothing: for models while they are read, before they are
// traced.

import * as tf from '../engine/tf.js';

/** Does something while tensors are kept and nothing is computed. */
export async function holding<T>(work: () => Promise<T>): Promise<T> {
  const name = 'held';
  if (tf.engine().registryFactory[name] === undefined) tf.registerBackend(name, () => new Held());
  const previous = tf.engine().backendName;
  tf.setBackend(name);
  try {
    return await work();
  } finally {
    if (previous) tf.setBackend(previous);
  }
}

/** Keeps weights and computes nothing. */
class Held extends tf.KernelBackend {
  readonly #values = new Map<object, { values: tf.BackendValues; count: number }>();

  override write(values: tf.BackendValues): object {
    const id = {};
    this.#values.set(id, { values, count: 1 });
    return id;
  }
  override move(id: object, values: tf.BackendValues): void {
    this.#values.set(id, { values, count: 1 });
  }
  override readSync(id: object): tf.BackendValues {
    return this.#values.get(id)!.values;
  }
  override async read(id: object): Promise<tf.BackendValues> {
    return this.readSync(id);
  }
  override numDataIds(): number {
    return this.#values.size;
  }
  override refCount(id: object): number {
    return this.#values.get(id)?.count ?? 0;
  }
  override incRef(id: object): void {
    this.#values.get(id)!.count++;
  }
  decRef(id: object): void {
    const held = this.#values.get(id);
    if (held) held.count--;
  }
  /** Tensors that share values count: they go with the last. */
  override disposeData(id: object, force = false): boolean {
    this.decRef(id);
    return (force || this.refCount(id) <= 0) && this.#values.delete(id);
  }
  override floatPrecision(): 16 | 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override dispose(): void {
    this.#values.clear();
  }
}
