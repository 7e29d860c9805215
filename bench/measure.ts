// Timing side by side: contenders take turns, so that a noisy machine is noisy for all of them.

export interface Contender {
  readonly name: string;
  /** One unit of work. */
  run(): Promise<unknown>;
  /** How many steps, samples or requests one run does; 1 by default. */
  readonly per?: number;
}

export interface Turns {
  readonly rounds: number;
  /** Ends earlier, after the first round at the least, when this much time has passed. */
  readonly budgetMs?: number;
}

/** Milliseconds per unit of each contender in every round of taking turns; one round more to warm up. */
export async function timesInTurns(
  contenders: readonly Contender[],
  { rounds, budgetMs = Number.POSITIVE_INFINITY }: Turns,
): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  const began = performance.now();
  for (let round = -1; round < rounds; round++) {
    if (round >= 1 && performance.now() - began > budgetMs) break;
    for (const { name, run, per = 1 } of contenders) {
      const started = performance.now();
      await run();
      if (round >= 0) times.get(name)!.push((performance.now() - started) / per);
    }
  }
  return times;
}

/** Milliseconds per unit for each contender, as the median over rounds of taking turns. */
export async function inTurns(contenders: readonly Contender[], rounds: number): Promise<Map<string, number>> {
  const times = await timesInTurns(contenders, { rounds });
  return new Map([...times].map(([name, list]) => [name, median(list)]));
}

/** The middle half of some values. */
export function quartiles(values: readonly number[]): [low: number, high: number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  return [at(0.25), at(0.75)];
}

/** Runs something a number of times, one after the other. */
export async function repeat(times: number, run: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < times; i++) await run();
}

/** The value below which such a share of them lies; the nearest there is. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
