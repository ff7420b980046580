import { fromMarkdown } from "mdast-util-from-markdown";

type Root = ReturnType<typeof fromMarkdown>;
type Block = Root["children"][number];
/** Anything in a parsed text. */
export type Node = Root | Block;
/** A block of code. */
export type Code = Extract<Node, { type: "code" }>;

/** Only blocks are of interest here, and parsing what is inside them takes most of the time. */
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

/** A line that opens this many lists and quotes at once makes the parser's time grow with its square. */
const TOO_DEEP = /^(?:[ \t]*(?:[>*+-]|\d{1,9}[.)])){40}/m;

/** The blocks of a markdown text, with their places in it; `undefined` for one nested too deep to be read. */
export function parseBlocks(markdown: string): Root | undefined {
  if (TOO_DEEP.test(markdown)) return undefined;
  return fromMarkdown(markdown, { extensions: [BLOCKS_ONLY] });
}

/** Every node below `parent` in the order of the text, each with the one before it in the same parent. */
export function* walk(
  parent: Extract<Node, { children: unknown }>,
): Generator<{ node: Node; before: Node | undefined }> {
  let before: Node | undefined;
  for (const node of parent.children) {
    yield { node, before };
    if ("children" in node) yield* walk(node);
    before = node;
  }
}

/** Where a node stands in the text it was parsed from. */
export function rangeOf({ position }: Node): readonly [start: number, end: number] {
  return [position?.start.offset ?? 0, position?.end.offset ?? 0];
}

/** The source of a heading or paragraph without the marks of what it stands in. */
export function textOf(node: Extract<Node, { type: "heading" | "paragraph" }>): string {
  return node.children.map((child) => ("value" in child ? child.value : "")).join("");
}

/** The deepest heading there is. */
const DEEPEST = 6;

/**
 * A whole markdown text as the content of a section: its highest heading becomes one of `level`, the others keep
 * their distance as far as there are levels, and nothing in it reaches beyond its end. The rest stays as it is.
 */
export function nest(markdown: string, level: number): string {
  const text = markdown.replace(/^\uFEFF/, "").trimEnd();
  const root = parseBlocks(text);
  return root === undefined ? verbatim(text) : closed(shifted(text, root, level));
}

/** Any text as a block of code that nothing in it can end. */
export function verbatim(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  return `${fence}text\n${text}\n${fence}`;
}

function shifted(text: string, root: Root, level: number): string {
  const headings = [...walk(root)].flatMap(({ node }) => (node.type === "heading" ? [node] : []));
  const highest = Math.min(...headings.map(({ depth }) => depth));
  let result = "";
  let done = 0;
  for (const heading of headings) {
    const [start, end] = rangeOf(heading);
    const content = textOf(heading);
    const marks = "#".repeat(Math.min(DEEPEST, heading.depth - highest + level));
    result += text.slice(done, start) + headingLine(marks, content.replace(/\s*[\r\n]+\s*/g, " "));
    done = end;
  }
  return result + text.slice(done);
}

function headingLine(marks: string, content: string): string {
  // What ends in such signs would lose them.
  const closing = /(?:^|\s)#+$/.test(content) ? ` ${marks}` : "";
  return content === "" ? marks : `${marks} ${content}${closing}`;
}

const AFTER = "\n\n## after\n";

/** Ends what the text leaves open: a fence, a comment, a `<script>` would take in all that follows. */
function closed(text: string): string {
  const last = openAtEnd(text);
  if (last === undefined) return text;
  const [start] = rangeOf(last);
  const whole = `${text}\n${closerOf(last, text.slice(start))}`;
  return openAtEnd(whole) === undefined ? whole : verbatim(text);
}

/** The block that takes in what comes after the text, if one does. */
function openAtEnd(text: string): Block | undefined {
  const last = parseBlocks(text + AFTER)?.children.at(-1);
  return last?.type === "heading" && last.depth === 2 ? undefined : last;
}

function closerOf(node: Block, source: string): string {
  if (node.type === "code") return /^[`~]+/.exec(source)?.[0] ?? "";
  if (source.startsWith("<!--")) return "-->";
  if (source.startsWith("<![")) return "]]>";
  if (source.startsWith("<!")) return ">";
  if (source.startsWith("<?")) return "?>";
  return `</${/^<([a-z]+)/i.exec(source)?.[1] ?? ""}>`;
}
