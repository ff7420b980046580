/** What a line of a text belongs to. */
export interface Place {
  /** The file or heading above it; missing where nothing was said yet. */
  readonly title?: string;
  /** True within a block of code. */
  readonly code: boolean;
}

const FENCE = /^\s*(`{3,}|~{3,})/;
const HEADING = /^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$/;
const PATH = /^\s*(?:\d+[.)]\s+)?(?:#{1,6}\s+)?[*`]*((?:[\w@.-]+[\\/])*[\w@.-]*\.[A-Za-z]\w{0,9})[*`]*:?\**\s*$/;

/** The place of every line: good enough to find one's way by. Pure. */
export function placesOf(lines: readonly string[]): Place[] {
  let fence: string | undefined;
  let title: string | undefined;
  return lines.map((line) => {
    const marker = FENCE.exec(line)?.[1];
    if (fence !== undefined) {
      const closes = marker !== undefined && marker.startsWith(fence) && line.trim() === marker;
      if (closes) fence = undefined;
      return place(title, !closes);
    }
    if (marker !== undefined) fence = marker;
    else if (line.length < 300) title = PATH.exec(line)?.[1] ?? HEADING.exec(line)?.[1] ?? title;
    return place(title, false);
  });
}

function place(title: string | undefined, code: boolean): Place {
  return title === undefined ? { code } : { title, code };
}
