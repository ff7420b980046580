import type { Root } from "hast";
import { defaultSchema, sanitize, type Schema } from "hast-util-sanitize";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { toHast } from "mdast-util-to-hast";
import { gfm } from "micromark-extension-gfm";
import { imagesAsLinks } from "./images-as-links";
import { markControls } from "./mark-controls";
import { rawAsText } from "./raw-as-text";

/** Tables, task lists, footnotes and the like. */
const READ_GFM = { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] };

const SCHEMA: Schema = {
  ...defaultSchema,
  // The only ids are those of footnotes, which have this prefix already.
  clobber: [],
  protocols: { href: ["http", "https", "mailto"] },
};

/** Markdown as a tree of HTML: nothing in it loads or runs anything, and HTML that was written stays text. */
export function parse(text: string): Root {
  const tree = toHast(fromMarkdown(text, READ_GFM), { allowDangerousHtml: true }) as Root;
  rawAsText(tree);
  imagesAsLinks(tree);
  const safe = sanitize(tree, SCHEMA) as Root;
  markControls(safe);
  return safe;
}

/** Between them they need most of the parser. */
const SAMPLES = ["a\n", "# a\n\nb *c* **d** `e` [f](g)\n", "- h\n- i\n", "| j |\n|---|\n| k |\n"];

/**
 * Has the browser compile the parser, which takes it longer than a text, while no text is there yet: part by part, each
 * in a task of its own.
 */
export function warmParser(): void {
  for (const sample of SAMPLES) setTimeout(() => parse(sample));
}
