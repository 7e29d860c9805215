// Prometheus' text format, read back: "name{label="value"}" → number.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format

const LINE = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/i;

export interface Family {
  readonly type: string;
  readonly help: string;
}

/** Fails on a line that is not of the format, and on a series that comes twice. */
export function readExposition(text: string): { families: Map<string, Family>; series: Map<string, number> } {
  const series = new Map<string, number>();
  const helps = new Map<string, string>();
  const families = new Map<string, Family>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, word, name, rest] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (word === 'HELP') helps.set(name!, rest!);
    else if (word === 'TYPE') families.set(name!, { type: rest!, help: helps.get(name!) ?? '' });
    else {
      const [, metric, labels = '', value] = LINE.exec(line) ?? [];
      if (metric === undefined) throw new Error(`Not a line of the format: ${line}`);
      const key = labels === '' ? metric : `${metric}{${labels}}`;
      if (series.has(key)) throw new Error(`Twice: ${key}`);
      series.set(key, Number(value));
    }
  }
  return { families, series };
}

/** What grew between two readings, and by how much. */
export function growth(before: Map<string, number>, after: Map<string, number>): Record<string, number> {
  const grown = Array.from(after, ([key, value]) => [key, value - (before.get(key) ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, by]) => by !== 0));
}
