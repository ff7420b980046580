const OPEN = /^( {0,3})(`{3,}(?=[^`]*$)|~{3,})[ \t]*(.*?)[ \t]*$/;

/** The opening line of a fenced block of code. */
export interface OpenFence {
  readonly marker: string;
  readonly indent: number;
  /** What stands behind the marker. */
  readonly info: string;
}

export function openFence(line: string): OpenFence | undefined {
  const match = OPEN.exec(line.trimEnd());
  if (!match) return undefined;
  const [, indent = "", marker = "", info = ""] = match;
  return { marker, indent: indent.length, info };
}

/** Whether `line` ends a fenced block that `marker` opened at the top level. */
export function closesFence(line: string, marker: string): boolean {
  const found = /^ {0,3}(`{3,}|~{3,})[ \t]*\n?$/.exec(line)?.[1];
  return found !== undefined && found.charAt(0) === marker.charAt(0) && found.length >= marker.length;
}

export interface Fenced {
  /** The first word behind the marker, or nothing. */
  readonly language: string;
  /** Ends with a line break unless it is empty or still open. */
  readonly code: string;
}

/**
 * What a fenced block says, without parsing it as markdown. `undefined` where only a parser can tell: an indented
 * fence, or an info string with escapes. `open` means that more may follow.
 */
export function readFence(text: string, open: boolean): Fenced | undefined {
  const firstEnd = text.indexOf("\n");
  if (firstEnd < 0) return undefined;
  const fence = openFence(text.slice(0, firstEnd));
  if (!fence || fence.indent > 0 || /[\\&\0]/.test(fence.info) || text.includes("\0")) return undefined;
  const language = fence.info.split(/\s/, 1)[0] ?? "";
  const body = text.slice(firstEnd + 1);
  // Blank lines after the closing one belong to the block.
  const ended = body.trimEnd();
  const lastStart = ended.lastIndexOf("\n") + 1;
  const last = body.slice(lastStart);
  const closed = closesFence(last, fence.marker);
  // The marker that closes it is about to be written.
  const closing = open && /^(?:`+|~+)$/.test(last) && fence.marker.startsWith(last);
  const code = closed || closing ? body.slice(0, lastStart) : body;
  if (open) return { language, code };
  // A single blank line counts as nothing, as it does in the parser.
  if (code === "" || code === "\n") return { language, code: "" };
  return { language, code: code.endsWith("\n") ? code : `${code}\n` };
}
