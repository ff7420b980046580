import { codeFilesOf, safePath } from "@stagewire/client/documents";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IMPLEMENTATION, REFINEMENT_2 } from "../../server/src/models/demo-answers/implementation.js";
import { projectFiles } from "../../server/src/models/demo-answers/project.js";
import { arbitraryMarkdown } from "../support/arbitrary-markdown.js";
import { expectSafePaths } from "../support/safe-paths.js";

const paths = (markdown: string) => codeFilesOf(markdown).map(({ path }) => path);
/** A block whose only sign of a path is this. */
const block = (info: string, first = "x", before = "Text.") => `${before}\n\n\`\`\`${info}\n${first}\n\`\`\`\n`;

describe("codeFilesOf", () => {
  test("finds the files of an answer as the prompts ask for them", () => {
    for (const [answer, version] of [
      [IMPLEMENTATION, 0],
      [REFINEMENT_2, 2],
    ] as const) {
      expect(codeFilesOf(answer)).toEqual([
        ...projectFiles(version).map(({ path, language, content }) => ({
          path,
          language,
          text: `${content}\n`,
          named: true,
        })),
        { path: "snippet-1.sh", language: "sh", text: "npm test\n", named: false },
      ]);
    }
  });

  test.each([
    ["ts src/a.ts", "src/a.ts"],
    ['ts title="src/my file.ts"', "src/my file.ts"],
    ["ts {filename=src/a.ts}", "src/a.ts"],
    ["ts:src/a.ts", "src/a.ts"],
    ["src/a.ts", "src/a.ts"],
    ["dockerfile Dockerfile", "Dockerfile"],
    ["ts", "snippet-1.ts"],
    ["", "snippet-1.txt"],
    ["c++", "snippet-1.cpp"],
    ["python linenums", "snippet-1.py"],
    ["constructor", "snippet-1.txt"],
    ["__proto__", "snippet-1.txt"],
    ["ts ../../etc/passwd.ts", "etc/passwd.ts"],
    ["ts C:\\windows\\con.ts", "windows/_con.ts"],
    ["sh .git/hooks/pre-commit.sh", "_.git/hooks/pre-commit.sh"],
    ["ts https://example.com/a.ts", "snippet-1.ts"],
  ])("takes the path from the info string %j", (info, path) => {
    expect(paths(block(info))).toEqual([path]);
  });

  test.each([
    ["// src/a.ts", "src/a.ts"],
    ["# app/main.py", "app/main.py"],
    ["/* styles/a.css */", "styles/a.css"],
    ["<!-- index.html -->", "index.html"],
    ["-- schema.sql", "schema.sql"],
    ["// File: src/a.ts", "src/a.ts"],
    ["#!/usr/bin/env node", "snippet-1.txt"],
    ["// see src/a.ts", "snippet-1.txt"],
    ["# Install", "snippet-1.txt"],
  ])("takes the path from the first line %j, which stays", (first, path) => {
    const [file] = codeFilesOf(block("", first));
    expect(file).toMatchObject({ path, text: `${first}\n` });
  });

  test.each([
    ["`src/a.ts`", "src/a.ts"],
    ["**src/a.ts**", "src/a.ts"],
    ["**`src/a.ts`**:", "src/a.ts"],
    ["### `src/a.ts`", "src/a.ts"],
    ["## package.json", "package.json"],
    ["File: `src/a.ts`", "src/a.ts"],
    ["**File: `src/__init__.py`**", "src/__init__.py"],
    ["1. `src/a.ts`", "src/a.ts"],
    ["### 1. src/a.ts (new)", "src/a.ts"],
    ["Here it is.\n`.gitignore`", ".gitignore"],
    ["## Node.js", "snippet-1.txt"],
    ["## Input/Output", "snippet-1.txt"],
    ["`npm test`", "snippet-1.txt"],
    ["In `src/a.ts` add:", "snippet-1.txt"],
    ["`maxClients`", "snippet-1.txt"],
  ])("takes the path from the line before, %j", (before, path) => {
    expect(paths(block("", "x", before))).toEqual([path]);
  });

  test("a path belongs to one block, and the same one twice gives two files", () => {
    expect(paths("`a.ts`\n\n```ts\n1\n```\n\n```ts\n2\n```\n\n`A.ts`\n\n```ts\n3\n```\n")).toEqual([
      "a.ts",
      "snippet-1.ts",
      "A-2.ts",
    ]);
    expect(paths(block("ts a/b.ts") + block("ts a/b.ts/c.ts") + block("ts a/b.ts"))).toEqual([
      "a/b.ts",
      "a/b.ts-2/c.ts",
      "a/b-2.ts",
    ]);
  });

  test("blocks in lists and quotes, longer fences and open ones are read as markdown has them", () => {
    expect(codeFilesOf("1. One\n\n   ```js\n   a\n     b\n   ```\n")[0]?.text).toBe("a\n  b\n");
    expect(codeFilesOf("> ```js\n> a\n> ```\nb")[0]?.text).toBe("a\n");
    expect(codeFilesOf("````md\n```js\na\n```\n````\n")).toMatchObject([
      { path: "snippet-1.md", text: "```js\na\n```\n" },
    ]);
    expect(codeFilesOf("```js\na")[0]?.text).toBe("a\n");
    expect(codeFilesOf("    no fence\n")).toEqual([]);
    expect(codeFilesOf("\uFEFF`a.js`\r\n\r\n```js\r\na\r\nb\r\n```\r\n")).toMatchObject([{ path: "a.js" }]);
  });

  test("any text gives safe unique paths", () => {
    fc.assert(
      fc.property(fc.array(arbitraryMarkdown(), { maxLength: 4 }), (texts) => expectSafePaths(paths(texts.join("\n")))),
    );
  });

  test("any path in an info string gives safe unique paths", () => {
    fc.assert(
      fc.property(fc.array(arbitraryPath(), { minLength: 1, maxLength: 6 }), (names) => {
        const text = names.map((name) => block(`ts title="${name.replace(/["\r\n`]/g, "")}"`)).join("\n");
        const files = codeFilesOf(text);
        expect(files).toHaveLength(names.length);
        expectSafePaths(files.map(({ path }) => path));
      }),
      { numRuns: 500 },
    );
  });

  test("many blocks of one name and texts nested too deep take no time to speak of", () => {
    expect(new Set(paths(block("ts a.ts").repeat(2_000))).size).toBe(2_000);
    expect(paths(`${"- ".repeat(50_000)}\n\n${block("ts a.ts")}`)).toEqual([]);
    expect(paths(`\`\`\`\n${"\n".repeat(100_000)}x\n\`\`\``)).toEqual(["snippet-1.txt"]);
  });
});

describe("safePath", () => {
  test("is safe, and leaves safe paths as they are", () => {
    fc.assert(
      fc.property(arbitraryPath(), (path) => {
        const safe = safePath(path);
        if (safe === undefined) return;
        expectSafePaths([safe]);
        expect(safePath(safe)).toBe(safe);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ["src/a.ts", "src/a.ts"],
    ["./src//a.ts", "src/a.ts"],
    ["/etc/passwd", "etc/passwd"],
    ["a/../../b", "a/b"],
    ["..\\..\\b.ts", "b.ts"],
    ["C:\\x", "x"],
    ["C:x", "C_x"],
    ["\\\\server\\share\\x", "server/share/x"],
    ["aux.txt", "_aux.txt"],
    ["a. . .", "a"],
    ["photo\u202Egpj.exe", "photogpj.exe"],
    [".GIT/config", "_.GIT/config"],
    ["src/git/index.ts", "src/git/index.ts"],
    ["-rf", "_-rf"],
    [`${"x".repeat(300)}.ts`, `${"x".repeat(77)}.ts`],
  ])("%j is %j", (path, safe) => {
    expect(safePath(path)).toBe(safe);
  });

  test.each(["", "..", "/", "\\", ". .", "../..", "\u0000\u202E".slice(1)])("nothing is left of %j", (path) => {
    expect(safePath(path)).toBeUndefined();
  });
});

function arbitraryPath(): fc.Arbitrary<string> {
  const segment = fc.oneof(
    fc.constantFrom("..", ".", "", "src", "SRC", "a.ts", "A.ts", "con", "CON.txt", "nul.", "lpt1.c", ".git", "~", "C:"),
    fc.constantFrom(
      " ",
      "a ",
      "a.",
      "-x",
      "é",
      "e\u0301",
      "ﬁ",
      "K",
      "\u202Etxt.a",
      "😀".repeat(60),
      "x".repeat(300),
      "\ud83d",
    ),
    fc.string({ unit: "binary", maxLength: 4 }),
  );
  return fc
    .array(fc.tuple(segment, fc.constantFrom("/", "\\")), { maxLength: 15 })
    .map((parts) => parts.flat().join(""));
}
