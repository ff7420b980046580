import stringWidth from "string-width";

const ERASE_LINE = "\r\u001b[K";
/** Down with the column kept (the screen scrolls at its end), up again, and remember that place: a line is free below it. */
const SAVE_WITH_ROOM_BELOW = "\u001bD\u001b[A\u001b7";
const RESTORE = "\u001b8";

/**
 * Text that only grows, and under it one status line that is rewritten. The status line stands below an open line of
 * text and gives the cursor back before the text goes on. Nothing else of the screen is touched.
 */
export interface Screen {
  /** Goes on where the text ended. Control characters other than newline and tab must be gone already. */
  text(text: string): void;
  /** Ends an open line, then writes whole lines. May be styled. */
  line(text: string): void;
  /** Shows, changes or (with "") removes the status line. It has to be narrower than the screen. */
  status(text: string): void;
  /** To be called when the width has changed: removes the status line, which may be too wide now. */
  resized(): void;
}

export function createScreen(write: (text: string) => void, columns: () => number): Screen {
  let status = "";
  /** Where the status line stands: under an open line whose end is saved, or where the text goes on. */
  let shown: "no" | "below" | "here" = "no";
  /** Columns used of the last row of text; as many as there are when the next character wraps. */
  let column = 0;
  /** The open line was full, and the terminal's own wrap was done for it. */
  let wrapped = false;

  const hide = () => {
    const sequence = shown === "no" ? "" : shown === "here" ? ERASE_LINE : ERASE_LINE + RESTORE;
    shown = "no";
    return sequence;
  };
  const show = () => {
    if (status === "") return "";
    if (column === 0) {
      shown = "here";
      return status;
    }
    if (column >= columns()) {
      // A full row: its next character goes to where the status line stands, so nothing needs to be saved.
      column = 0;
      wrapped = true;
      shown = "here";
      return `\r\n${status}`;
    }
    shown = "below";
    return `${SAVE_WITH_ROOM_BELOW}\r\n${status}`;
  };
  const append = (text: string) => {
    const rest = wrapped && text.startsWith("\n") ? text.slice(1) : text;
    if (text !== "") wrapped = false;
    column = columnAfter(column, rest, columns());
    return rest;
  };

  return {
    text(text) {
      if (text !== "") write(hide() + append(text) + show());
    },
    line(text) {
      const before = hide();
      const end = column > 0 || wrapped ? append("\n") : "";
      write(`${before}${end}${append(`${text}\n`)}${show()}`);
    },
    status(text) {
      if (text === status) return;
      if (shown === "below" && text !== "") {
        status = text;
        write(ERASE_LINE + text);
        return;
      }
      const before = hide();
      status = text;
      write(before + show());
    },
    resized() {
      if (shown === "no") return;
      // The terminal may have moved the saved place: the text goes on in the status line's row instead.
      shown = "no";
      column = 0;
      status = "";
      write(ERASE_LINE);
    },
  };
}

/** The column in which the cursor stands after `text`, in a terminal that wraps at `columns`. */
function columnAfter(start: number, text: string, columns: number): number {
  const newline = text.lastIndexOf("\n");
  let column = newline < 0 ? start : 0;
  const rest = text.slice(newline + 1);
  if (/^[\u0020-\u007e]*$/.test(rest)) {
    const end = column + rest.length;
    return end === 0 ? 0 : ((end - 1) % columns) + 1;
  }
  for (const { segment } of new Intl.Segmenter().segment(rest)) {
    if (segment === "\t") {
      column = Math.min(columns - 1, (Math.floor(column / 8) + 1) * 8);
      continue;
    }
    const width = stringWidth(segment);
    column = column + width > columns ? width : column + width;
  }
  return column;
}
