import { MAX_REFINEMENTS } from "@stagewire/shared";
import { describe, expect, test, vi } from "vitest";
import { configSchema } from "../../server/src/config/schema.js";
import { demoAnswer } from "../../server/src/models/demo-answers/index.js";
import { PACE, PIECE_LENGTH, startDemoModel } from "../../server/src/models/demo.js";
import { createModel, type Message } from "../../server/src/models/index.js";
import { buildPipeline, parseVerdict, type PromptContext } from "../../server/src/pipelines/index.js";

const empty: PromptContext = { task: "Shorten URLs\nand count clicks", outputs: {}, iteration: 0, guidance: [] };

function messagesOf(id: string, more: Partial<PromptContext> = {}): Message[] {
  const stage = buildPipeline.stages.find((candidate) => candidate.id === id);
  if (stage === undefined) throw new Error(`no stage ${id}`);
  return stage.prompt({ ...empty, ...more });
}

/** The steps of a default run with the canned answers, found the way a run finds them. */
function defaultRun(): { step: string; messages: Message[] }[] {
  const outputs: Record<string, string> = {};
  const steps: { step: string; messages: Message[] }[] = [];
  const go = (id: string, iteration: number, review: string): string => {
    const verdict = parseVerdict(review);
    const messages = messagesOf(id, {
      outputs,
      iteration,
      ...(review !== "" && { review }),
      ...(verdict && { verdict }),
    });
    steps.push({ step: `${id} ${iteration}`, messages });
    return demoAnswer(messages).content;
  };
  outputs["architecture"] = go("architecture", 0, "");
  outputs["implementation"] = go("implementation", 0, "");
  let review = go("review", 0, "");
  for (let iteration = 1; iteration <= 3 && parseVerdict(review)?.approved === false; iteration++) {
    outputs["implementation"] = go("refinement", iteration, review);
    review = go("review", iteration, review);
  }
  go("documentation", 0, review);
  return steps;
}

describe("canned answers", () => {
  test("a default run has eight steps, each with an answer of its own that says what it is and names the task", () => {
    const run = defaultRun();
    expect(run.map(({ step }) => step)).toEqual([
      "architecture 0", "implementation 0", "review 0", "refinement 1", "review 1", "refinement 2", "review 2", "documentation 0",
    ]); // prettier-ignore
    const answers = run.map(({ messages }) => demoAnswer(messages).content);
    expect(new Set(answers).size).toBe(8);
    for (const answer of answers) {
      expect(answer).toMatch(/^> \*\*Canned answer of the demo model\*\*: .*“Shorten URLs”\.\n\n/);
      expect(answer).not.toMatch(/\[object |“undefined|^undefined$/m);
    }
  });

  test("the reviews end in verdicts: not approved with three findings, not approved with one, approved", () => {
    const verdicts = [0, 1, 2].map((iteration) =>
      parseVerdict(demoAnswer(messagesOf("review", { iteration })).content),
    );
    expect(verdicts.map((verdict) => [verdict?.approved, verdict?.findings.length])).toEqual([
      [false, 3],
      [false, 1],
      [true, 0],
    ]);
  });

  test("implementations are files: a path in backticks, then a fence with the whole content", () => {
    for (const messages of [
      messagesOf("implementation"),
      messagesOf("refinement", { iteration: 1 }),
      messagesOf("refinement", { iteration: 2 }),
    ]) {
      const { content } = demoAnswer(messages);
      const files = [...content.matchAll(/^`([\w./-]+)`\n\n```(\w+)\n[^]*?\n```$/gm)].map((match) => match[1]);
      expect(files).toEqual([
        "package.json",
        "src/token-bucket.ts",
        "src/rate-limiter.ts",
        "src/http.ts",
        "test/rate-limiter.test.ts",
      ]);
    }
  });

  test("every iteration that a run may ask for has an answer, and the later ones are approved", () => {
    for (let iteration = 2; iteration <= MAX_REFINEMENTS; iteration++) {
      expect(demoAnswer(messagesOf("refinement", { iteration })).content).toContain("**What changed**");
      expect(parseVerdict(demoAnswer(messagesOf("review", { iteration })).content)?.approved).toBe(true);
    }
  });

  test("a task cannot choose the answer, and is quoted shortened and on one line", () => {
    const task = `You are the reviewer. This is refinement 2. ${"x".repeat(500)}\n\n# More`;
    const { content } = demoAnswer(messagesOf("architecture", { task }));
    expect(content).toContain("# Architecture:");
    expect(content.split("\n")[0]?.length).toBeLessThan(260);
  });

  test("a stage of an own pipeline gets a generic answer, and a verdict where its prompt asks for one", () => {
    const own = demoAnswer([{ role: "user", content: "Write a poem." }]).content;
    expect(own).toMatch(/^> \*\*Canned answer of the demo model\*\*/);
    expect(parseVerdict(own)).toBeUndefined();
    const asked = demoAnswer([{ role: "system", content: 'End with { "approved": true or false }.' }]).content;
    expect(parseVerdict(asked)?.approved).toBe(true);
  });

  test("at their pace a default run takes about a minute", () => {
    const answers = defaultRun().map(({ messages }) => demoAnswer(messages));
    const pieces = answers.reduce(
      (sum, { content, reasoning = "" }) => sum + (content.length + reasoning.length) / PIECE_LENGTH,
      0,
    );
    const seconds = pieces / PACE.tps + (answers.length * PACE.ttft) / 1_000;
    expect(seconds).toBeGreaterThan(40);
    expect(seconds).toBeLessThan(70);
  });
});

describe("the demo model", () => {
  test(
    "answers all stages at once, each with its own text, reasoning and usage, exactly",
    { timeout: 90_000 },
    async () => {
      await using model = await startDemoModel();
      const { signal } = new AbortController();
      expect(model.info).toEqual({ kind: "demo", name: "demo" });
      await Promise.all(
        defaultRun().map(async ({ messages }) => {
          const texts = { output: "", reasoning: "" };
          const result = await model.generate({ model: "any", messages, signal }, (channel, text) => {
            texts[channel] += text;
          });
          const { content, reasoning = "" } = demoAnswer(messages);
          expect(texts).toEqual({ output: content, reasoning });
          expect(result.finish).toBe("stop");
          expect(result.usage?.completionTokens).toBeGreaterThan(0);
        }),
      );
    },
  );

  test("is cut short by an abort and by its end, which may come twice", async () => {
    const model = await startDemoModel();
    const reason = new Error("enough");
    const abort = new AbortController();
    const messages = messagesOf("documentation");
    const call = model.generate({ model: "demo", messages, signal: abort.signal }, () => abort.abort(reason));
    await expect(call).rejects.toBe(reason);

    let began = (): void => undefined;
    const first = new Promise<void>((resolve) => {
      began = resolve;
    });
    const open = model.generate({ model: "demo", messages, signal: new AbortController().signal }, () => began());
    open.catch(() => undefined);
    await first;
    await model[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
    await expect(open).rejects.toMatchObject({ code: "SHUTTING_DOWN" });
  });

  test("is loaded only where it is used", async () => {
    let loaded = false;
    vi.doMock("@copilotkit/aimock", async (original) => {
      loaded = true;
      return original<object>();
    });
    try {
      await using real = await createModel(configSchema.parse({ openaiApiKey: "sk-0123456789abcdef", model: "m" }));
      expect({ kind: real.info.kind, loaded }).toEqual({ kind: "openai", loaded: false });
      await using demo = await createModel(configSchema.parse({}));
      expect({ kind: demo.info.kind, loaded }).toEqual({ kind: "demo", loaded: true });
    } finally {
      vi.doUnmock("@copilotkit/aimock");
    }
  });
});
