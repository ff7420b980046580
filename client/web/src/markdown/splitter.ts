import { fromMarkdown } from "mdast-util-from-markdown";
import { MAX_BLOCK_UNITS, nestingOf, MAX_NESTING } from "./limits";
import { closesFence, openFence } from "./fence";

/** A piece of markdown that renders on its own as it does within the whole. */
export interface Block {
  readonly text: string;
  /** `fence`: exactly one fenced block of code that begins at its first line. `whole`: everything, though it is long. */
  readonly kind: "markdown" | "fence" | "whole";
}

export interface Split {
  /** The text as blocks. Those before the last one never change; joined they are the text. */
  readonly blocks: readonly Block[];
  /** Another number when the text is not a continuation of the one before. */
  readonly generation: number;
}

/** Cuts a growing text into blocks, and looks at each line once. */
export interface Splitter {
  split(text: string): Split;
}

/** Shorter neighbours share a block: thousands of tiny ones cost more than they spare. */
const MIN_BLOCK_UNITS = 256;
const LIST_ITEM = /^ *(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;
const BLANK = /^[ \t]*\n?$/;
const HEADING = /^#{1,6}[ \t]/;
const HTML = /^ {0,3}</;
/** Beginnings of a line that can become neither a list item nor a fence nor HTML. */
const DECIDED = /^(?:[\p{L}"'([#|!]|\*\*)/u;
const BLOCKS_ONLY = {
  disable: {
    null: [
      "attention",
      "autolink",
      "characterEscape",
      "characterReference",
      "codeText",
      "hardBreakEscape",
      "htmlText",
      "labelEnd",
      "labelStartImage",
      "labelStartLink",
    ],
  },
};

export function createSplitter(): Splitter {
  let generation = 0;
  let before = "";
  let closed: Block[] = [];
  /** Where the last block begins. */
  let cut = 0;
  /** Where the scanner stands: all lines before were looked at. */
  let at = 0;
  let region = newRegion(0);

  function reset(): void {
    generation += 1;
    closed = [];
    cut = at = 0;
    region = newRegion(0);
  }

  function close(text: string, end: number, kind: Block["kind"]): void {
    if (end > cut) closed.push({ text: detach(text.slice(cut, end)), kind });
    cut = end;
  }

  function begin(text: string, start: number, fence: boolean): void {
    if (fence || start - cut >= MIN_BLOCK_UNITS) close(text, start, "markdown");
    region = newRegion(start);
  }

  function takeLine(text: string, end: number): void {
    const line = text.slice(at, end);
    if (region.fence !== undefined) {
      if (closesFence(line, region.fence)) {
        close(text, end, "fence");
        region = newRegion(end);
      }
    } else if (BLANK.test(line)) region.blank = true;
    else {
      const fence = openFence(line);
      if (at > region.start && beginsBlock(region, text, at, end, fence !== undefined))
        begin(text, at, fence !== undefined);
      else if (at === region.start && fence) close(text, at, "markdown");
      if (at === region.start) region.fence = fence?.marker;
      else if (fence) region.innerFence = true;
      region.list ||= LIST_ITEM.test(line);
      region.html ||= HTML.test(line);
      region.blank = false;
    }
    at = end;
  }

  return {
    split(raw) {
      const text = raw.includes("\r") ? raw.replace(/\r$/, "").replace(/\r\n?/g, "\n") : raw;
      if (!text.startsWith(before)) reset();
      before = text;
      for (let end: number; (end = text.indexOf("\n", at) + 1) > 0;) takeLine(text, end);
      const rest = text.slice(at, at + 2);
      if (at > region.start && region.fence === undefined && DECIDED.test(rest) && region.blank && !isUnsure(region))
        begin(text, at, false);
      if (cut === text.length) return { blocks: [...closed], generation };
      const tail: Block = { text: detach(text.slice(cut)), kind: region.fence === undefined ? "markdown" : "fence" };
      return { blocks: [...closed, tail], generation };
    },
  };
}

/** What is known of the lines since the last place where a block of the top level began. */
interface Region {
  readonly start: number;
  /** The marker of the fence that the region is, while that is open. */
  fence: string | undefined;
  /** Whether the last line was blank. */
  blank: boolean;
  list: boolean;
  html: boolean;
  /** A fence that stands in a list, or ends it. */
  innerFence: boolean;
  /** Parsing is not tried again before the region is this long. */
  parseFrom: number;
}

function newRegion(start: number): Region {
  return { start, fence: undefined, blank: false, list: false, html: false, innerFence: false, parseFrom: 0 };
}

/** Whether a fence or HTML of the region may still be open can't be told from single lines. */
function isUnsure({ html, list, innerFence }: Region): boolean {
  return html || (list && innerFence);
}

/** Whether the line from `at` to `end` begins a block of the top level. False may also mean: unknown. */
function beginsBlock(region: Region, text: string, at: number, end: number, fence: boolean): boolean {
  const first = text.charAt(at);
  const indented = first === " " || first === "\t";
  if (fence && !isUnsure(region)) return !indented || !region.list;
  if (HEADING.test(text.slice(at, end)) && !isUnsure(region)) return true;
  if (!region.blank || indented) return false;
  if (!isUnsure(region)) return !(region.list && LIST_ITEM.test(text.slice(at, end)));
  const size = at - region.start;
  // Shown as plain text in any case, so that it no longer matters where it is cut.
  if (size > MAX_BLOCK_UNITS) return true;
  if (size < region.parseFrom) return false;
  region.parseFrom = size * 1.25;
  return parsesAsBegin(text.slice(region.start, end), size);
}

function parsesAsBegin(text: string, offset: number): boolean {
  if (nestingOf(text) > MAX_NESTING) return true;
  const { children } = fromMarkdown(text, { extensions: [BLOCKS_ONLY] });
  return children.some(({ position }) => position?.start.offset === offset);
}

/** A copy: a slice keeps the whole text of its moment in memory, for as long as anything on the page was made of it. */
function detach(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
