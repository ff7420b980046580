/** What a model may write that would hurt a page which believes it. */
export interface HostileDocument {
  readonly text: string;
  /** Part of the text that the page shows of it. */
  readonly shows?: string;
  /** True when a part is shown as plain text, which the page says. */
  readonly plain?: boolean;
}

const N = 10_000;

export const HOSTILE: Record<string, HostileDocument> = {
  "scripts and handlers": {
    text: `<script>window.attacked = 1</script>\n\n<img src=x onerror="window.attacked = 1">\n\ntext <b onclick="window.attacked=1">bold</b> <svg onload=attacked=1>\n\n<iframe src="https://example.org"></iframe>\n\n<style>body{display:none}</style>`,
    shows: "<script>window.attacked = 1</script>",
  },
  "addresses that run": {
    text: [
      "[a](javascript:window.attacked=1)",
      "[b](JaVaScRiPt:window.attacked=1)",
      "[c](java\tscript:window.attacked=1)",
      "[d](&#106;avascript:window.attacked=1)",
      "[e](data:text/html,<script>attacked=1</script>)",
      "[f](vbscript:x)",
      "[g](//example.org)",
      "[h](/runs/other)",
      "[i](file:///etc/passwd)",
      "<javascript:window.attacked=1>",
      "[j]: javascript:window.attacked=1",
      "[j]",
      "[k](blob:x) [l](mailto:a@example.org) [m](https://example.org)",
    ].join("\n\n"),
    shows: "m",
  },
  "remote images": {
    text: "![a picture](https://example.org/pixel.png)\n\n[![badge](https://example.org/badge.svg)](https://example.org)\n\n![](//example.org/x.png)",
    shows: "[image: a picture]",
  },
  "10,000 quotes within each other": { text: `${">".repeat(N)} deep`, plain: true },
  "10,000 list items within each other": { text: `${"- ".repeat(N)}deep`, plain: true },
  "lists that nest line by line": {
    text: Array.from({ length: 300 }, (_, index) => `${"  ".repeat(index)}- item`).join("\n"),
    plain: true,
  },
  "brackets without an end": { text: "[".repeat(N), plain: true },
  "emphasis without an end": { text: "*a _b **c ".repeat(N / 5), plain: true },
  "emphasis within emphasis": { text: "*a **b ".repeat(2_000) + "c" + "** *".repeat(2_000), plain: true },
  "a line of a million characters": { text: "x".repeat(1_000_000), plain: true },
  "a line of code of a million characters": { text: `\`\`\`js\n${"y=1;".repeat(250_000)}\n\`\`\``, shows: "y=1;" },
  "code of 20,000 lines": { text: `\`\`\`js\n${"const x = 1;\n".repeat(20_000)}\`\`\``, shows: "const x = 1;" },
  "a table of 100 columns and 200 rows": {
    text: `|${" h |".repeat(100)}\n|${"---|".repeat(100)}\n${`|${" c |".repeat(100)}\n`.repeat(200)}`,
    plain: true,
  },
  "a table whose rows are left short": {
    text: `|${" h |".repeat(500)}\n|${"---|".repeat(500)}\n${"| c\n".repeat(2_000)}`,
    plain: true,
  },
  "20,000 headings": { text: "# h\n".repeat(20_000), shows: "h" },
  "20,000 list items": { text: "- item\n".repeat(20_000), plain: true },
  "a comment without an end": { text: `<!--\n\n${"a\n\n".repeat(10_000)}`, plain: true },
  "marks piled upon letters": { text: `Z${"\u0301\u0489\u0316".repeat(3_000)}algo\n\n`.repeat(5), shows: "algo" },
  "text that turns its direction": {
    text: "Open \u202Egpj.exe\u202C now.\n\n```js\nif (admin) { /*\u202E } \u2066if (isAdmin)\u2069 \u2066 begin */\n```\n\n`a\u202Eb`",
    shows: "U+202E",
  },
  "characters that are none": { text: "a\u0000b \uD800 c\uFFFE \u2028 d\u200B\uFEFF\n\n```\n\u0000\n```", shows: "d" },
  "words without a place to break": {
    text: `${"w".repeat(5_000)}\n\n\`${"c".repeat(5_000)}\`\n\nhttps://example.org/${"p".repeat(5_000)}`,
  },
  "ids and names of the page": {
    text: '<div id="root"></div>\n\n# main\n\n[x](#main)\n\n[^main]: note\n\nText[^main]',
    shows: '<div id="root">',
  },
};
