import type { ChaosConfig } from "@copilotkit/aimock";
import type { RunEvent } from "@stagewire/shared";
import { describe, expect, test } from "vitest";
import { type AimockAnswer, startAimock } from "../support/aimock-process.js";
import { approvingReview } from "../support/answers.js";
import { checkLog, tokensOf } from "../support/check-log.js";
import { is, isEnd, of } from "../support/scene.js";
import { startServer } from "../support/start-server.js";
import { plainClient } from "../support/trpc.js";

const STAGES = [
  ["architecture", "You are the software architect"],
  ["implementation", "You are the senior engineer who implements"],
  ["review", "You are the reviewer"],
  ["documentation", "You are the engineer who documents"],
] as const;

/** What the server of aimock says in each stage of the run with this task. */
function textOf(stage: string, task: string): string {
  const text = `${stage} for ${task}: 🧵 ünïcode, "quotes" and\nlines. `.repeat(20);
  return stage === "review" ? text + approvingReview(true) : text;
}

function answersFor(task: string): AimockAnswer[] {
  return STAGES.map(([stage, system]) => ({
    when: { system, user: task },
    response: { content: textOf(stage, task) },
    chunkSize: 7,
    streamingProfile: { tps: 2_000 },
  }));
}

interface Fault {
  readonly what: string;
  /** How the first request is answered. */
  readonly answer: Omit<AimockAnswer, "when">;
  readonly code: string;
  readonly message: RegExp;
  readonly limits?: { readonly firstTokenTimeoutMs: number };
}

const whole = { response: { content: textOf("architecture", "the task") }, chunkSize: 7 };
const FAULTS: Fault[] = [
  {
    what: "500",
    answer: { response: { error: { message: "out of order" }, status: 500 } },
    code: "MODEL_UNAVAILABLE",
    message: /500\): out of order/,
  },
  {
    what: "chaos: a dropped request",
    answer: { ...whole, chaos: { dropRate: 1 } },
    code: "MODEL_UNAVAILABLE",
    message: /request dropped/,
  },
  {
    what: "429 with Retry-After",
    answer: { response: { error: { message: "slow down" }, status: 429, retryAfter: 2 } },
    code: "MODEL_RATE_LIMITED",
    message: /try again in 2 s/,
  },
  {
    what: "chaos: a rate limit",
    answer: { ...whole, chaos: { rateLimitRate: 1 } },
    code: "MODEL_RATE_LIMITED",
    message: /rate limit exceeded/,
  },
  {
    what: "chaos: malformed JSON",
    answer: { ...whole, chaos: { malformedRate: 1 } },
    code: "MODEL_BAD_RESPONSE",
    message: /application\/json instead of a stream/,
  },
  {
    what: "chaos: a disconnect before the answer",
    answer: { ...whole, chaos: { disconnectRate: 1 } },
    code: "MODEL_UNREACHABLE",
    message: /closed the connection/,
  },
  {
    what: "a disconnect in the middle of the stream",
    answer: { ...whole, truncateAfterChunks: 9, latency: 10 },
    code: "MODEL_STREAM_CUT",
    message: /before the answer/,
  },
  {
    what: "chaos: latency beyond the first token's limit",
    answer: { ...whole, chaos: { latencyMs: 30_000 } },
    code: "MODEL_TIMEOUT",
    message: /no first token within 2 s/,
    limits: { firstTokenTimeoutMs: 2_000 },
  },
];

// Most of their time they wait for the next attempt.
test.concurrent.each(FAULTS)("$what: $code, and the next attempt wins", async ({ answer, code, message, limits }) => {
  const task = "the task";
  const first = { when: { system: STAGES[0][1], time: 0 }, ...answer };
  await using aimock = await startAimock([first, ...answersFor(task)]);
  await using server = await startServer({
    openaiBaseUrl: aimock.baseUrl,
    model: "m",
    maxAttempts: 2,
    ...limits,
  });
  await using client = plainClient(server.url);
  const events = await watchRun(client, task);
  const errors = of(events, "error");
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({ code, retryable: true, fatal: false, stage: "architecture", attempt: 1 });
  expect(errors[0]?.message).toMatch(message);
  expect(errors[0]?.retryInMs).toBeGreaterThanOrEqual(
    /try again in 2 s/.test(errors[0]?.message ?? "") ? 2_000 : 1_000,
  );
  expectAnswers(events, task);
  expect(of(events, "stage_start").map(({ stage, attempt, cause }) => [stage, attempt, cause])).toEqual([
    ["architecture", 1, "next"],
    ["architecture", 2, "retry"],
    ["implementation", 1, "next"],
    ["review", 1, "next"],
    ["documentation", 1, "next"],
  ]);
});

describe("everything at once, at random", () => {
  const CHAOS: ChaosConfig = {
    dropRate: 0.1,
    malformedRate: 0.1,
    rateLimitRate: 0.1,
    disconnectRate: 0.1,
    latencyMs: 40,
  };
  const CODES = ["MODEL_UNAVAILABLE", "MODEL_BAD_RESPONSE", "MODEL_RATE_LIMITED", "MODEL_UNREACHABLE"];

  test("every run ends, every failure is told, and what came is what was sent", async () => {
    const tasks = Array.from({ length: 8 }, (_, number) => `<task ${number}>`);
    await using aimock = await startAimock(tasks.flatMap(answersFor), { chaos: CHAOS });
    await using server = await startServer({ openaiBaseUrl: aimock.baseUrl, model: "m", maxAttempts: 3 });
    await using client = plainClient(server.url);
    const runs = await Promise.all(tasks.map(async (task) => ({ task, events: await watchRun(client, task) })));

    let attempts = 0;
    for (const { task, events } of runs) {
      const errors = of(events, "error");
      const starts = of(events, "stage_start");
      attempts += starts.length;
      for (const { code, retryable, fatal, retryInMs } of errors) {
        expect(CODES).toContain(code);
        expect({ retryable, told: retryInMs !== undefined }).toEqual({ retryable: true, told: !fatal });
      }
      // Each failure is followed by the attempt that it promised, or by the end.
      const promised = errors.filter(({ fatal }) => !fatal).length;
      expect(starts.filter(({ cause }) => cause === "retry")).toHaveLength(promised);
      const failed = of(events, "run_complete")[0]?.outcome === "failed";
      expect(errors.filter(({ fatal }) => fatal)).toHaveLength(failed ? 1 : 0);
      if (failed) expect(starts.at(-1)?.attempt).toBe(3);
      expectAnswers(events, task);
    }
    // Nobody asked more often than was told, nor told of what nobody asked.
    expect(await aimock.requestCount()).toBe(attempts);
    expect(attempts).toBeGreaterThan(tasks.length * STAGES.length);
  }, 60_000);
});

async function watchRun(client: ReturnType<typeof plainClient>, task: string): Promise<readonly RunEvent[]> {
  const { runId } = await client.trpc.runs.start.mutate({ task, options: { maxRefinements: 0 } });
  const seen = client.watch(runId);
  await seen.until(isEnd);
  expect(await client.trpc.runs.get.query({ runId })).toEqual(checkLog(seen.events));
  return seen.events;
}

/** Every step that ended well has the text that was sent for it, and its tokens are that text. */
function expectAnswers(events: readonly RunEvent[], task: string): void {
  const tokens = tokensOf(events);
  const completed = of(events, "stage_complete").filter(is("stage_complete", { outcome: "completed" }));
  for (const { stage, output } of completed) {
    expect(output).toBe(textOf(stage, task));
    expect(tokens.get(`${stage}#0`)).toBe(output);
  }
  const { outcome, output } = of(events, "run_complete")[0] ?? {};
  if (outcome !== "completed") return;
  expect(completed).toHaveLength(STAGES.length);
  expect(output).toBe(textOf("documentation", task));
}
