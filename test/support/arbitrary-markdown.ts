import * as fc from "fast-check";

/** Texts that tend to take in what comes after them. */
export const TRICKY_MARKDOWN: readonly string[] = [
  "```ts\nconst open = 1;",
  "~~~~\n```\n~~~",
  "- item\n\n  ```ts\n  in a list",
  "> ```\n> in a quote",
  "<!-- a comment",
  "<script>\nalert(1)",
  "<![CDATA[ x",
  "<?php echo 1;",
  "<!DOCTYPE x",
  "<pre>\n\n# no heading",
  "text\n===\n---\n```",
  "    indented\n\n```\n\n<!--",
  "a\n\n[x]: <",
  "[^1]: ```\n",
  "`".repeat(40),
  "\uFEFF# title\r\n\r\nText\r\n---\r\n",
  "# ## #\n## \n###### deep\n####### not one",
  "- ".repeat(3_000),
  `${">".repeat(3_000)} a`,
  "```` md\n```ts\nx\n```\n",
  "| a |\n| - |\n| <!-- |",
  "<style>\n* { display: none }\n</style",
  "<a\n\n# title",
  "\u0000# x\n```",
];

/** Markdown in pieces that don't fit together, as models write it when they are cut off and as attackers write it. */
export function arbitraryMarkdown(): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom(
      "# Title\n",
      "### Lower\n",
      "Text\n===\n",
      "Text\nmore\n---\n",
      "```ts\ncode\n```\n",
      "`src/a.ts`\n\n```ts\na\n```\n",
      "```\n",
      "~~~~ x\n",
      "- item\n",
      "  more\n",
      "1. one\n   ```js ../../x.js\n   y\n   ```\n",
      "> quote\n",
      "> # heading\n",
      "<!-- ",
      "-->",
      "<script>",
      "</script>\n",
      "<div>\n",
      "\n",
      "\n\n",
      "    ",
      "\t",
      "| a | b |\n|---|---|\n",
      "[a]: b\n",
      "\r\n",
      "\\",
    ),
    fc.constantFrom(...TRICKY_MARKDOWN.filter((text) => text.length < 100)),
    fc.string({ unit: "binary", maxLength: 6 }),
  );
  return fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
}
