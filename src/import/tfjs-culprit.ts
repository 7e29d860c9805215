// Which node of a graph model it is that cannot be traced: TensorFlow.js says what went wrong, not where.

export interface TfNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
}

/** The first node that `works` does not hold for, in the order in which they compute; null if it holds for all. */
export function culpritAmong(nodes: readonly TfNode[], works: (names: readonly string[]) => boolean): TfNode | null {
  const sorted = inOrder(nodes);
  const worksUpTo = (count: number) => works(sorted.slice(0, count).map(({ name }) => name));
  if (worksUpTo(sorted.length)) return null;
  let [good, bad] = [0, sorted.length];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (worksUpTo(middle)) good = middle;
    else bad = middle;
  }
  return sorted[bad - 1] ?? null;
}

/** Every node after those that it reads. */
function inOrder(nodes: readonly TfNode[]): TfNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const done = new Set<TfNode>();
  const entered = new Set<TfNode>();
  const stack = [...nodes];
  for (let node = stack.at(-1); node; node = stack.at(-1)) {
    const before = entered.has(node) ? [] : node.input.map((each) => byName.get(nameOf(each)));
    entered.add(node);
    const open = before.filter((each) => each !== undefined && !entered.has(each)) as TfNode[];
    if (open.length > 0) stack.push(...open);
    else done.add(stack.pop()!);
  }
  return [...done];
}

/** Of a reference such as "^name" or "name:1". */
function nameOf(reference: string): string {
  return reference.replace(/^\^/, '').replace(/:.*$/, '');
}
