// Timing side by side: contenders take turns, so that a noisy machine is noisy for all of them.

export interface Contender {
  readonly name: string;
  /** One unit of work. */
  run(): Promise<unknown>;
  /** How many steps, samples or requests one run does; 1 by default. */
  readonly per?: number;
}

/** Milliseconds per unit for each contender, as the median over rounds of taking turns; one round more to warm up. */
export async function inTurns(contenders: readonly Contender[], rounds: number): Promise<Map<string, number>> {
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const { name, run, per = 1 } of contenders) {
      const started = performance.now();
      await run();
      if (round >= 0) times.get(name)!.push((performance.now() - started) / per);
    }
  }
  return new Map([...times].map(([name, list]) => [name, median(list)]));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
