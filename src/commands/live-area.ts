// The last lines of a terminal, drawn over and over, below the lines that stay.

/** Anything lines can be written to; process.stdout, or a list in tests. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Names and messages come from elsewhere: nothing in them moves the cursor or colours the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => (character === '\n' ? character : '?'));
}

export class LiveArea {
  readonly #output: Output;
  #drawn: readonly string[] = [];

  constructor(output: Output) {
    this.#output = output;
  }

  /** In place of what was drawn before. Lines longer than the terminal is wide are cut. */
  draw(lines: readonly string[]): void {
    const cut = lines.map((line) => line.slice(0, this.columns));
    this.#output.write(`${this.#clear()}${cut.join('\n')}`);
    this.#drawn = cut;
  }

  /** Above it, for good. */
  keep(line: string): void {
    this.#output.write(`${this.#clear()}${printable(line)}\n${this.#drawn.join('\n')}`);
  }

  /** Nothing of it is left. */
  end(): void {
    this.draw([]);
  }

  get columns(): number {
    return this.#output.columns ?? 120;
  }

  /** To where it begins, and all below away. A terminal that became narrower has wrapped its lines. */
  #clear(): string {
    if (this.#drawn.length === 0) return '';
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / this.columns)), 0);
    return `\r${rows > 1 ? `\x1b[${rows - 1}A` : ''}\x1b[J`;
  }
}
