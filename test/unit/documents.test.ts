import {
  archiveOf,
  codeFilesOf,
  codeOf,
  documentOf,
  fileStem,
  outputsOf,
  versionsOf,
  withoutVerdict,
} from "@stagewire/client/documents";
import { acceptedOutput, reduce, type RunEvent, type RunView } from "@stagewire/shared";
import * as fc from "fast-check";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import ReactMarkdown from "react-markdown";
import remarkGfm from "remark-gfm";
import { describe, expect, test } from "vitest";
import { arbitraryClosedLog, arbitraryLog } from "../support/arbitrary-log.js";
import { arbitraryMarkdown, TRICKY_MARKDOWN } from "../support/arbitrary-markdown.js";
import { expectSafePaths } from "../support/safe-paths.js";
import { fold } from "../support/scene.js";

/** A run's view with other texts in it, one for each step that wrote anything. */
function withTexts(log: readonly RunEvent[], texts: readonly string[]): RunView {
  const view = log.reduce<RunView | undefined>(reduce, undefined) ?? fold([]);
  return {
    ...view,
    steps: view.steps.map((step, index) => ({
      ...step,
      output: texts[index % Math.max(1, texts.length)] ?? step.output,
    })),
  };
}

const views = fc.oneof(arbitraryLog(), arbitraryClosedLog()).map((log) => fold(log));
const hostileViews = fc
  .tuple(arbitraryClosedLog(), fc.array(arbitraryMarkdown(), { minLength: 1, maxLength: 4 }), arbitraryMarkdown())
  .map(([log, texts, task]) => ({ ...withTexts(log, texts), task }));

/** The headings that a reader of the document sees, by the renderer that the page uses. */
function headingsOf(markdown: string, gfm = false): { level: number; text: string }[] {
  const remarkPlugins = gfm ? [remarkGfm] : [];
  const html = renderToStaticMarkup(createElement(ReactMarkdown, { remarkPlugins }, markdown));
  return [...html.matchAll(/<h([1-6])[^>]*>([^]*?)<\/h\1>/g)].map(([, level, text = ""]) => ({
    level: Number(level),
    text: text.replace(/<[^>]*>/g, ""),
  }));
}

describe("versionsOf", () => {
  test("tells every version that wrote something in order, and which one stands", () => {
    fc.assert(
      fc.property(views, (view) => {
        const versions = versionsOf(view);
        expect(versions.map(({ text }) => text)).toEqual(
          view.steps
            .filter(({ stage, output }) => /^(implementation|refinement)$/.test(stage) && output !== "")
            .map(({ output }) => output),
        );
        expect(new Set(versions.map(({ id }) => id)).size).toBe(versions.length);
        expect(versions.filter(({ current }) => current).length).toBeLessThanOrEqual(1);
        for (const { accepted, current, status } of versions) {
          expect(accepted).toBe(status === "completed");
          if (current) expect(accepted).toBe(true);
        }
        const standing = acceptedOutput(view, "implementation");
        if (standing) expect(versions.find(({ current }) => current)?.text).toBe(standing);
      }),
    );
  });

  test("a pipeline that revises nothing has none", () => {
    const [log] = fc.sample(arbitraryClosedLog(), 1);
    const view = fold(log ?? []);
    const stages = view.pipeline.stages.map(({ id, title }) => ({ id, title }));
    expect(versionsOf({ ...view, pipeline: { ...view.pipeline, stages } })).toEqual([]);
  });
});

describe("outputsOf", () => {
  test("has every text but void ones, under safe unique names that sort in the order of the run", () => {
    fc.assert(
      fc.property(views, (view) => {
        const outputs = outputsOf(view);
        expect(outputs.map(({ text }) => text)).toEqual(
          view.steps.filter(({ status, output }) => status !== "skipped" && output !== "").map(({ output }) => output),
        );
        expectSafePaths(outputs.map(({ name }) => name));
        expect(outputs.map(({ name }) => name).toSorted()).toEqual(outputs.map(({ name }) => name));
        for (const { name, accepted } of outputs) expect(name.endsWith(".partial.md")).toBe(!accepted);
      }),
    );
  });

  test("stages of any name give safe file names", () => {
    fc.assert(
      fc.property(
        views,
        fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("../..", "con", "C:\\x", "a/b")), {
          minLength: 1,
        }),
        (view, names) => {
          const steps = view.steps.map((step, index) => ({ ...step, stage: names[index % names.length] ?? "" }));
          expectSafePaths(outputsOf({ ...view, steps }).map(({ name }) => name));
        },
      ),
    );
  });
});

describe("documentOf", () => {
  test("has exactly one h1, the sections it announces, and all that was written below them", () => {
    fc.assert(
      fc.property(hostileViews, (view) => {
        const headings = headingsOf(documentOf(view));
        expect(headings.filter(({ level }) => level === 1)).toHaveLength(1);
        expect(headings[0]?.level).toBe(1);
        const sections = headings.filter(({ level }) => level === 2).map(({ text }) => text.replace(/ \(.*\)$/, ""));
        const steering = view.controls.some(({ outcome }) => outcome !== "rejected") ? ["Steering"] : [];
        expect(sections).toEqual([
          "Task",
          "Outcome",
          ...outputsOf(view).map(({ title }) => title),
          ...steering,
          "Usage",
        ]);
      }),
      { numRuns: 300 },
    );
  });

  test.each(TRICKY_MARKDOWN)("%j stays in its section", (text) => {
    const [log] = fc.sample(arbitraryClosedLog(), 1);
    const view = withTexts(log ?? [], [text]);
    const sections = headingsOf(documentOf({ ...view, task: text }), true).filter(({ level }) => level === 2);
    expect(sections.findLast(({ text: title }) => title !== "Footnotes")?.text).toBe("Usage");
    expect(sections[0]?.text).toBe("Task");
  });

  test("keeps the distance between headings and turns underlined ones into their like", () => {
    const [log] = fc.sample(arbitraryClosedLog(), 1);
    const text = "Title\n=====\n\n## A *b* ##\n\n```sh\n# no heading\n```\n\n> ### C\n\nTwo\nlines\n---\n\n#\n";
    const document = documentOf(withTexts(log ?? [], [text]));
    expect(document).toContain(
      "### Title\n\n#### A *b*\n\n```sh\n# no heading\n```\n\n> ##### C\n\n#### Two lines\n\n###",
    );
  });

  test("says how a run was cancelled, by whom and why, escaped", () => {
    const cancelled = fc
      .sample(arbitraryClosedLog(), 500)
      .map((log) => fold(log))
      .find(
        ({ status, controls }) => status === "cancelled" && controls.some(({ command }) => command.type === "cancel"),
      );
    expect(cancelled).toBeDefined();
    if (!cancelled) return;
    const controls = cancelled.controls.map((control) => ({ ...control, by: "<b>*me*</b>" }));
    const document = documentOf({ ...cancelled, controls });
    expect(document).toMatch(/## Outcome\n\nCancelled by \\<b\\>\\\*me\\\*\\<\/b\\> after 0\.0 s/);
  });

  test("is told of the verdict instead of its JSON", () => {
    const json = '```json\n{ "approved": false, "findings": [] }\n```\n';
    expect(withoutVerdict(`Read.\n\n${json}`)).toBe("Read.\n\n");
    expect(withoutVerdict(`Read.\n\n${json}\nMore.`)).toBe(`Read.\n\n${json}\nMore.`);
    expect(withoutVerdict('Read.\n\n```json\n{ "a": 1 }\n```')).toBe('Read.\n\n```json\n{ "a": 1 }\n```');
  });
});

describe("archiveOf", () => {
  test("holds the document, the view and every file, under safe unique paths", () => {
    fc.assert(
      fc.property(hostileViews, (view) => {
        const files = archiveOf(view);
        expectSafePaths(files.map(({ path }) => path));
        expect(files.map(({ path }) => path)).toEqual([
          "run.md",
          "run.json",
          ...outputsOf(view).map(({ name }) => `outputs/${name}`),
          ...codeOf(view).map(({ path }) => `files/${path}`),
        ]);
        expect(JSON.parse(files[1]?.text ?? "")).toEqual(JSON.parse(JSON.stringify(view)));
      }),
    );
  });

  test("takes the files of the version that stands, else of the last output that has any", () => {
    const [log] = fc.sample(
      arbitraryClosedLog().filter((events) => versionsOf(fold(events)).some(({ current }) => current)),
      1,
    );
    const view = withTexts(log ?? [], ["`a.ts`\n\n```ts\n1\n```\n"]);
    expect(codeOf(view)).toEqual(codeFilesOf("`a.ts`\n\n```ts\n1\n```\n"));
    const plain = { ...view.pipeline, stages: view.pipeline.stages.map(({ id, title }) => ({ id, title })) };
    expect(codeOf({ ...view, pipeline: plain }).map(({ path }) => path)).toEqual(["a.ts"]);
  });
});

describe("fileStem", () => {
  test("names the run in letters, digits and dashes", () => {
    expect(fileStem({ task: "A URL shortener, in Go!\nmore", runId: "k3f9-a2_bX9" })).toBe(
      "stagewire-url-shortener-in-go-k3f9a2",
    );
    expect(fileStem({ task: "Überprüfung", runId: "k3" })).toBe("stagewire-u-berpru-fung-k3");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (task, runId) => {
        expect(fileStem({ task, runId })).toMatch(/^stagewire(-[A-Za-z0-9]+)*$/);
        expect(fileStem({ task: task.repeat(100), runId }).length).toBeLessThan(80);
      }),
    );
  });
});
