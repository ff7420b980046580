import stringWidth from "string-width";

/** What a terminal shows after what was written to it. */
export interface TerminalEmulator {
  /** Throws on a control sequence that an append-only program has no business with. */
  write(text: string): void;
  /** Every line since the start, those that have scrolled out included, without spaces at their ends. */
  lines(): string[];
}

// oxlint-disable-next-line no-control-regex
const PARTS = /\u001b\[[\d;?]*[A-Za-z]|\u001b.|[\u0000-\u001f]|[^\u0000-\u001f]+/g;
// oxlint-disable-next-line no-control-regex
const STYLE = /^\u001b\[[\d;]*m$/;

/** A VT100 as far as an append-only program may use it. Newlines move to the line's start, as a tty's driver makes them. */
export function createTerminal(columns: number, rows: number): TerminalEmulator {
  const buffer: string[][] = [[]];
  let row = 0;
  let column = 0;
  /** The last column is filled: the next character wraps. */
  let full = false;
  let saved = { row: 0, column: 0, full: false };

  const top = () => Math.max(0, buffer.length - rows);
  const down = () => {
    row++;
    if (row === buffer.length) buffer.push([]);
    full = false;
  };
  const print = (grapheme: string) => {
    const width = stringWidth(grapheme);
    if (full || column + width > columns) {
      down();
      column = 0;
    }
    const line = (buffer[row] ??= []);
    while (line.length < column) line.push(" ");
    line[column] = grapheme;
    for (let behind = 1; behind < width; behind++) line[column + behind] = "";
    column += width;
    full = column >= columns;
    if (full) column = columns - 1;
  };
  const control = (sequence: string) => {
    full = false;
    if (sequence === "\n") {
      down();
      column = 0;
    } else if (sequence === "\r") column = 0;
    else if (sequence === "\u001bD") down();
    else if (sequence === "\u001b[A") row = Math.max(top(), row - 1);
    // A terminal remembers a place on the screen, not in the text: scrolling makes it another one.
    else if (sequence === "\u001b7") saved = { row: row - top(), column, full };
    else if (sequence === "\u001b8") {
      row = top() + saved.row;
      ({ column, full } = saved);
    } else if (sequence === "\u001b[K") buffer[row]?.splice(column);
    else throw new Error(`an append-only program must not write ${JSON.stringify(sequence)}`);
  };
  return {
    write(text) {
      for (const [part] of text.matchAll(PARTS)) {
        if (STYLE.test(part)) continue;
        if (part < " ") control(part);
        else for (const { segment } of new Intl.Segmenter().segment(part)) print(segment);
      }
    },
    lines: () => buffer.map((line) => line.join("").trimEnd()),
  };
}
