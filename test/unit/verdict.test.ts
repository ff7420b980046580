import { type Verdict, verdictSchema } from "@stagewire/shared";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseVerdict } from "../../server/src/pipelines/verdict.js";

const verdict: Verdict = {
  approved: false,
  summary: "Not yet.",
  findings: [{ severity: "major", title: "It leaks", detail: "Close it.", where: "src/a.ts" }],
};
const json = JSON.stringify(verdict, undefined, 2);
const fenced = (text: string, language = "json"): string => `\`\`\`${language}\n${text}\n\`\`\``;

describe("a verdict is read from", () => {
  test.each([
    ["a fence at the end", `# Review\n\nText.\n\n${fenced(json)}\n`],
    ["a fence without a language", fenced(json, "")],
    ["a fence of another language", fenced(json, "JSON5 verdict")],
    ["a fence of tildes", `~~~json\n${json}\n~~~`],
    ["a fence that is not closed", `Text\n\`\`\`json\n${json}`],
    ["bare JSON at the end", `Text.\n\n${json}`],
    ["bare JSON on one line after words", `The verdict: ${JSON.stringify(verdict)}`],
    ["JSON before trailing prose", `${fenced(json)}\n\nI hope this helps! {"smile": true}`],
    ["JSON before prose that quotes the key", `${fenced(json)}\n\nI set "approved": false because it leaks.`],
    ["the last of several", `${fenced(JSON.stringify({ approved: true }))}\n\nOn second thought:\n\n${fenced(json)}`],
    ["an object around it", fenced(JSON.stringify({ verdict }))],
    ["text with code and unbalanced braces before it", `\`\`\`ts\nif (a) { b("{"); \n\`\`\`\n\n${fenced(json)}`],
    ["Windows line ends", fenced(json).replaceAll("\n", "\r\n")],
    [
      "findings before the decision",
      fenced(JSON.stringify({ findings: verdict.findings, summary: "Not yet.", approved: false })),
    ],
  ])("%s", (_name, text) => {
    expect(parseVerdict(text)).toEqual(verdict);
  });
});

test("fields that are null count as left out", () => {
  const text = fenced(
    '{"approved": true, "summary": null, "findings": [{"severity": "minor", "title": "t", "where": null}]}',
  );
  expect(parseVerdict(text)).toEqual({ approved: true, findings: [{ severity: "minor", title: "t" }] });
});

test("findings may be left out", () => {
  expect(parseVerdict('{"approved": true}')).toEqual({ approved: true, findings: [] });
});

describe("there is no verdict in", () => {
  test.each([
    ["nothing", ""],
    ["prose", "I approve of this. It is approved."],
    ["another object", fenced('{"ok": true}')],
    ["a decision that is no boolean", fenced('{"approved": "yes", "findings": []}')],
    ["an unknown severity", fenced('{"approved": false, "findings": [{"severity": "nit", "title": "t"}]}')],
    ["JSON with a trailing comma", fenced('{"approved": true,}')],
    ["JSON that was cut off", '```json\n{"approved": false, "summary": "Not'],
    [
      "a broken verdict after a readable one",
      `${fenced('{"approved": true}')}\n\n${fenced('{"approved": false, "findings": [}')}`,
    ],
    [
      "a verdict cut off after a readable one",
      `${fenced('{"approved": true}')}\n\n${fenced('{"approved": false, "fin')}`,
    ],
  ])("%s", (_name, text) => {
    expect(parseVerdict(text)).toBeUndefined();
  });
});

const text = fc.string({ unit: "binary", maxLength: 60 });
const verdicts = fc.record(
  {
    approved: fc.boolean(),
    summary: text,
    findings: fc.array(
      fc.record(
        {
          severity: fc.constantFrom("blocker" as const, "major" as const, "minor" as const),
          title: fc.string({ unit: "binary", minLength: 1, maxLength: 60 }),
          detail: text,
          where: text,
        },
        { requiredKeys: ["severity", "title"] },
      ),
      { maxLength: 5 },
    ),
  },
  { requiredKeys: ["approved", "findings"] },
);

test("every verdict survives being written down, whatever its strings hold and whatever comes before and after it", () => {
  const around = fc.string({ maxLength: 80 }).filter((prose) => !/[{}"]/.test(prose));
  fc.assert(
    fc.property(
      verdicts,
      around,
      around,
      fc.boolean(),
      fc.constantFrom(0, 2),
      (value, before, after, fence, indent) => {
        const written = JSON.stringify(value, undefined, indent);
        expect(parseVerdict(`${before}\n${fence ? fenced(written) : written}\n${after}`)).toEqual(value);
      },
    ),
  );
});

test("a verdict that quotes a verdict is still one verdict", () => {
  fc.assert(
    fc.property(verdicts, verdicts, (outer, quoted) => {
      const value = { ...outer, findings: [{ severity: "minor" as const, title: fenced(JSON.stringify(quoted)) }] };
      expect(parseVerdict(fenced(JSON.stringify(value)))).toEqual(value);
    }),
  );
});

test("any text gives a valid verdict or none, and never an error", () => {
  const pieces = fc.constantFrom('"approved"', ":", "{", "}", "[", "]", ",", "true", '"', "\\", "```json\n", "\n", "x");
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
      const found = parseVerdict(parts.join(""));
      if (found !== undefined) expect(verdictSchema.parse(found)).toEqual(found);
    }),
  );
});

test("a hostile text is read in bounded time", { timeout: 10_000 }, () => {
  expect(parseVerdict(`${"{".repeat(100_000)}"approved": true`)).toBeUndefined();
  expect(parseVerdict('{"approved":'.repeat(2_000))).toBeUndefined();
  expect(parseVerdict(`${"{".repeat(1_000)}${' "approved": '.repeat(2_000)}`)).toBeUndefined();
});
