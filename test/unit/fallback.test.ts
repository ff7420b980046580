import { ERROR_CODES, type ErrorCode, type EventBody, reduce, type RunView } from "@stagewire/shared";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AttemptRules,
  afterFailure,
  chooseAttempt,
  type FailedAttempt,
  mostAttempts,
} from "../../server/src/engine/fallback.js";
import type { Step } from "../../server/src/engine/next-step.js";
import "../support/seed.js";

const ONE: AttemptRules = { models: ["first"], maxAttempts: 3 };
const THREE: AttemptRules = { models: ["first", "second", "third"], maxAttempts: 2 };
const failures = (...list: [model: string, code: ErrorCode][]): FailedAttempt[] =>
  list.map(([model, code]) => ({ model, code }));

describe("how many attempts a step can come to", () => {
  const code = fc.constantFrom<ErrorCode>("MODEL_UNAVAILABLE", "MODEL_NOT_FOUND", "MODEL_AUTH", "MODEL_TIMEOUT");

  test("whatever fails, it is never told too low, and never more than before", () => {
    fc.assert(
      fc.property(fc.array(code, { minLength: 1, maxLength: 12 }), fc.constantFrom(ONE, THREE), (codes, rules) => {
        const failed: FailedAttempt[] = [];
        const told: number[] = [];
        let model: string | undefined = rules.models[0];
        for (const one of codes) {
          if (model === undefined) break;
          failed.push({ model, code: one });
          told.push(mostAttempts(failed, rules));
          model = afterFailure(failed, rules)?.model;
        }
        expect(Math.min(...told)).toBeGreaterThanOrEqual(failed.length + (model === undefined ? 0 : 1));
        expect(told).toEqual(told.toSorted((a, b) => b - a));
      }),
    );
  });

  test("it is reached when every attempt fails in a way that may pass", () => {
    const busy = (...models: string[]) =>
      failures(...models.map((name) => [name, "MODEL_UNAVAILABLE"] as [string, ErrorCode]));
    expect(mostAttempts(busy("first"), ONE)).toBe(3);
    expect(mostAttempts(busy("first", "first", "second"), THREE)).toBe(6);
    expect(mostAttempts(failures(["first", "MODEL_NOT_FOUND"]), THREE)).toBe(5);
  });
});

describe("after a failure", () => {
  test("the same model again, as often as it is allowed", () => {
    const busy: [string, ErrorCode] = ["first", "MODEL_UNAVAILABLE"];
    expect(afterFailure(failures(busy), ONE)).toEqual({ model: "first", cause: "retry" });
    expect(afterFailure(failures(busy, busy), ONE)).toEqual({ model: "first", cause: "retry" });
    expect(afterFailure(failures(busy, busy, busy), ONE)).toBeUndefined();
  });

  test.each<ErrorCode>([
    "MODEL_RATE_LIMITED",
    "MODEL_UNAVAILABLE",
    "MODEL_TIMEOUT",
    "MODEL_UNREACHABLE",
    "MODEL_STREAM_CUT",
    "MODEL_BAD_RESPONSE",
  ])("%s: the next model once the tries are used up, and each has its own", (code) => {
    const after = (...models: string[]) =>
      afterFailure(failures(...models.map((name) => [name, code] as [string, ErrorCode])), THREE);
    expect(after("first")).toEqual({ model: "first", cause: "retry" });
    expect(after("first", "first")).toEqual({ model: "second", cause: "fallback" });
    expect(after("first", "first", "second")).toEqual({ model: "second", cause: "retry" });
    expect(after("first", "first", "second", "second")).toEqual({ model: "third", cause: "fallback" });
    expect(after("first", "first", "second", "second", "third", "third")).toBeUndefined();
  });

  test("a model that is not there: the next one at once", () => {
    expect(afterFailure(failures(["first", "MODEL_NOT_FOUND"]), THREE)).toEqual({ model: "second", cause: "fallback" });
    expect(afterFailure(failures(["first", "MODEL_NOT_FOUND"]), ONE)).toBeUndefined();
  });

  test.each<ErrorCode>(["MODEL_AUTH", "MODEL_REJECTED", "MODEL_CONTENT_FILTERED", "BUDGET_EXCEEDED", "INTERNAL"])(
    "%s: no other model is asked",
    (code) => {
      expect(afterFailure(failures(["first", code]), THREE)).toBeUndefined();
    },
  );

  test("a model that the settings do not name any more is left", () => {
    const rules: AttemptRules = { models: ["first", "new"], maxAttempts: 2 };
    const gone = failures(["first", "MODEL_NOT_FOUND"], ["gone", "MODEL_UNAVAILABLE"]);
    expect(afterFailure(gone, rules)).toEqual({ model: "new", cause: "fallback" });
  });
});

describe("the attempt to make", () => {
  test("a step that was cut off by a crash goes on with its model", () => {
    const run = startRun("first");
    run.fail("MODEL_NOT_FOUND");
    run.begin("second", "fallback");
    expect(chooseAttempt(run.view(), stepOf("recovered", 3), THREE)).toEqual({ model: "second", cause: "recovered" });
    expect(chooseAttempt(run.view(), stepOf("recovered", 3), ONE)).toEqual({ model: "first", cause: "recovered" });
  });

  test("an attempt that was promised is made, whatever the settings say now", () => {
    const run = startRun("gone");
    run.fail("MODEL_UNAVAILABLE");
    expect(chooseAttempt(run.view(), stepOf("retry", 2), ONE)).toEqual({ model: "first", cause: "fallback" });
    const tried = startRun("first");
    tried.fail("MODEL_UNAVAILABLE");
    expect(chooseAttempt(tried.view(), stepOf("retry", 2), { ...ONE, maxAttempts: 1 })).toEqual({
      model: "first",
      cause: "retry",
    });
  });

  test("another step begins with its own model again", () => {
    const run = startRun("first");
    run.fail("MODEL_NOT_FOUND");
    const step: Step = { type: "step", stage: "review", iteration: 0, attempt: 1, cause: "next" };
    expect(chooseAttempt(run.view(), step, THREE)).toEqual({ model: "first", cause: "next" });
  });

  test("property: models in order, each at most so often, and the log alone gives the same answer", () => {
    const codes = fc.constantFrom(...(Object.keys(ERROR_CODES) as ErrorCode[]));
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 3 }), fc.infiniteStream(codes), (models, maxAttempts, stream) => {
        const rules = { models: models as [string, ...string[]], maxAttempts };
        const run = startRun(models[0] ?? "");
        const asked = [rules.models[0]];
        const failed: FailedAttempt[] = [];
        for (const code of stream) {
          const model = asked.at(-1) ?? "";
          failed.push({ model, code });
          const next = afterFailure(failed, rules);
          if (!next) break;
          run.fail(code);
          expect(chooseAttempt(run.view(), stepOf("retry", asked.length + 1), rules)).toEqual(next);
          expect(next.cause).toBe(next.model === model ? "retry" : "fallback");
          if (next.cause === "retry") expect(ERROR_CODES[code].retryable).toBe(true);
          run.begin(next.model, next.cause);
          asked.push(next.model);
        }
        expect([...new Set(asked)]).toEqual(models.slice(0, new Set(asked).size));
        expect(asked).toEqual(asked.toSorted((a, b) => models.indexOf(a) - models.indexOf(b)));
        for (const name of models) expect(asked.filter((one) => one === name).length).toBeLessThanOrEqual(maxAttempts);
      }),
    );
  });
});

function stepOf(cause: Step["cause"], attempt: number): Step {
  return { type: "step", stage: "write", iteration: 0, attempt, cause };
}

/** A run whose only step asks this model, and fails as the test says. */
function startRun(model: string) {
  let view: RunView | undefined;
  let seq = 0;
  let attempt = 0;
  const write = (body: EventBody) => {
    seq++;
    view = reduce(view, { ...body, runId: "run", seq, at: seq });
  };
  const step = { stage: "write", iteration: 0 };
  const begin = (name: string, cause: "next" | "retry" | "fallback" | "recovered") => {
    attempt++;
    write({ type: "stage_start", ...step, attempt, model: name, cause });
  };
  const pipeline = { id: "p", title: "P", stages: [{ id: "write", title: "Write" }] };
  write({ type: "run_start", task: "t", pipeline, options: {} });
  begin(model, "next");
  return {
    view: () => view as RunView,
    begin,
    fail(code: ErrorCode) {
      const { retryable } = ERROR_CODES[code];
      write({ type: "error", code, message: "", retryable, fatal: false, ...step, attempt, retryInMs: 0 });
    },
  };
}
