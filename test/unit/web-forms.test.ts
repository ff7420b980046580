import type { PipelineInfo, RunSummary, ServerInfo } from "@stagewire/shared";
import { startInputSchema } from "@stagewire/shared";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EMPTY_FORM, type FormState, formSummary, placeError, readForm } from "../../client/web/src/runs/form-state.js";
import {
  isNewestFirst,
  queryRuns,
  readQuery,
  SORTS,
  STATUSES,
  writeQuery,
} from "../../client/web/src/runs/list-query.js";
import { matchesWords, searchWords } from "../../client/web/src/runs/search-runs.js";

const PIPELINE: PipelineInfo = {
  id: "build",
  title: "Build",
  stages: [
    { id: "plan", title: "Plan" },
    { id: "polish", title: "Polish", loop: { max: 3 } },
  ],
};
const LIMITS: ServerInfo["limits"] = {
  maxConcurrentRuns: 4,
  maxTaskBytes: 1_000,
  maxMessageBytes: 1_000_000,
  maxRefinements: 10,
};

const arbitraryForm: fc.Arbitrary<FormState> = fc.record({
  task: fc.string(),
  pipeline: fc.constantFrom("", "build", "gone"),
  refinements: fc.constantFrom("", "0", "10"),
  model: fc.string({ maxLength: 200 }),
  models: fc.dictionary(fc.constantFrom("plan", "polish", "gone"), fc.string({ maxLength: 200 })),
  gates: fc.array(fc.constantFrom("plan", "polish", "gone")),
  maxTokens: fc.oneof(fc.constant(""), fc.string(), fc.nat().map(String)),
  maxCostUsd: fc.oneof(fc.constant(""), fc.string(), fc.double().map(String)),
  cancelAbandoned: fc.boolean(),
  lowPriority: fc.boolean(),
});

describe("the start form", () => {
  test("asks for nothing that the protocol does not take, whatever is typed", () => {
    fc.assert(
      fc.property(arbitraryForm, fc.option(fc.constant(PIPELINE), { nil: undefined }), (form, pipeline) => {
        const read = readForm(form, pipeline, LIMITS);
        if ("errors" in read) expect(Object.values(read.errors).join("")).not.toBe("");
        else expect(startInputSchema.parse(read.input)).toEqual(read.input);
      }),
    );
  });

  test("sends only what differs from the defaults, and only what the pipeline has", () => {
    const form = { ...EMPTY_FORM, task: "A parser" };
    expect(readForm(form, PIPELINE, LIMITS)).toEqual({ input: { task: "A parser" } });
    const full: FormState = {
      ...form,
      pipeline: "build",
      refinements: "1",
      model: "small",
      models: { polish: "large", gone: "never" },
      gates: ["polish", "gone"],
      maxTokens: "5000",
      maxCostUsd: "0.25",
      cancelAbandoned: true,
      lowPriority: true,
    };
    expect(readForm(full, PIPELINE, LIMITS)).toEqual({
      input: {
        task: "A parser",
        pipeline: "build",
        options: {
          maxRefinements: 1,
          models: { plan: "small", polish: "large" },
          gates: ["polish"],
          maxTokens: 5000,
          maxCostUsd: 0.25,
          onAbandoned: "cancel",
          priority: "low",
        },
      },
    });
    expect(formSummary(full, PIPELINE)).toEqual([
      "model small",
      "1 stage with a model of its own",
      "pauses before Polish",
      "at most 5,000 tokens",
      "at most $0.25",
      "cancelled when nobody watches",
      "others go first",
    ]);
    expect(formSummary(form, PIPELINE)).toEqual([]);
  });

  test.each([
    ["task", { task: " " }, "Say what should be built first."],
    ["task", { task: "ü".repeat(501) }, "The task has 1,002 bytes; this server takes at most 1,000."],
    ["maxTokens", { maxTokens: "1.5" }, "“1.5” is not a whole number above 0."],
    ["maxTokens", { maxTokens: "-1" }, "“-1” is not a whole number above 0."],
    ["maxCostUsd", { maxCostUsd: "0" }, "“0” is not a number above 0."],
    ["maxCostUsd", { maxCostUsd: "Infinity" }, "“Infinity” is not a number above 0."],
  ] as const)("refuses %s: %o", (field, part, message) => {
    const read = readForm({ ...EMPTY_FORM, task: "A parser", ...part }, PIPELINE, LIMITS);
    expect("errors" in read && read.errors[field]).toContain(message);
  });

  test.each([
    ["options.maxCostUsd: no price is configured", "maxCostUsd"],
    ["options.maxRefinements is 9, allowed 0–2.", "maxRefinements"],
    ["task: it is empty.", "task"],
    ["options.models.plan: too long", "models"],
    ["The server stops.", "form"],
  ])("puts %j beside %s", (message, field) => {
    expect(placeError(message)).toEqual({ [field]: message });
  });
});

describe("what the list's address asks for", () => {
  const query = fc.record({
    text: fc.string(),
    status: fc.option(fc.constantFrom(...STATUSES), { nil: undefined }),
    sort: fc.record({ by: fc.constantFrom(...SORTS), ascending: fc.boolean() }),
  });

  test("is read as it was written, and nothing malformed harms", () => {
    fc.assert(
      fc.property(query, (asked) => {
        expect(readQuery(new URLSearchParams(writeQuery(asked)))).toEqual(asked);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const read = readQuery(new URLSearchParams({ sort: text, status: text }));
        expect(isNewestFirst(read.sort) || text.startsWith(read.sort.by)).toBe(true);
      }),
    );
    expect(writeQuery(readQuery(new URLSearchParams()))).toEqual({});
  });

  test("the runs are those that match, each once, sorted with those that have no value last", () => {
    const run = fc.record({
      runId: fc.string({ minLength: 1 }),
      title: fc.string(),
      status: fc.constantFrom(...STATUSES),
      costUsd: fc.option(fc.nat(), { nil: undefined }),
      createdAt: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(run), query, (made, asked) => {
        const runs = made.map((each): RunSummary => {
          const { costUsd, ...rest } = each;
          return { ...rest, pipeline: "build", updatedAt: 0, ...(costUsd !== undefined && { costUsd }) };
        });
        const found = queryRuns(runs, asked);
        const words = searchWords(asked.text);
        const expected = runs.filter(
          (each) => (!asked.status || each.status === asked.status) && matchesWords(each, words),
        );
        expect(new Set(found)).toEqual(new Set(expected));
        if (asked.sort.by !== "cost") return;
        const costs = found.map(({ costUsd }) => costUsd);
        const valued = costs.filter((cost) => cost !== undefined);
        expect(costs.slice(0, valued.length)).toEqual(
          valued.toSorted((a, b) => (asked.sort.ascending ? a - b : b - a)),
        );
      }),
    );
  });

  test("a search means every word, anywhere in the title or at the beginning of the id", () => {
    const run = { runId: "k3f9", title: "A URL shortener" } as RunSummary;
    const matches = (text: string) => matchesWords(run, searchWords(text));
    expect(["", "url", "SHORT a", "k3", "k3f9 url"].map(matches)).toEqual([true, true, true, true, true]);
    expect(["f9", "url parser"].map(matches)).toEqual([false, false]);
  });
});
