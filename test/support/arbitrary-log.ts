import type { EventBody, RunEvent, TokenEvent, Usage } from "@stagewire/shared";
import * as fc from "fast-check";

/** Any valid log of a run of a pipeline like `build`, closed or cut off anywhere after its first event. */
export function arbitraryLog(): fc.Arbitrary<RunEvent[]> {
  return fc
    .tuple(arbitraryRun, fc.option(fc.nat(), { freq: 2 }))
    .map(([run, cut]) => play(run).filter((_, index, log) => cut === null || index <= cut % log.length));
}

/** As {@link arbitraryLog}, and never cut off: the last event is `run_complete`. */
export function arbitraryClosedLog(): fc.Arbitrary<RunEvent[]> {
  return arbitraryRun.map(play);
}

/** Text as models write it and networks cut it: emoji, combining marks, halves of surrogate pairs, NUL. */
export function arbitraryText(): fc.Arbitrary<string> {
  const unit = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("a", " the", "\n", "é", "e\u0301", "👩‍💻", "𝒳", "\u0000", '"', "\\") },
    { weight: 2, arbitrary: fc.constantFrom("\ud83d", "\ude00") },
    { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 3 }) },
  );
  return fc.array(unit, { minLength: 1, maxLength: 4 }).map((units) => units.join(""));
}

/** What happens while a model call streams. */
type Happening =
  | { kind: "token"; channel: TokenEvent["channel"]; text: string }
  | { kind: "progress" }
  | { kind: "guide" }
  | { kind: "pause" }
  | { kind: "rejection" }
  | { kind: "warning" };

/** One model call, and what ends it when it is not the last one of its step. */
interface Attempt {
  happenings: Happening[];
  failure: "retry" | "fallback" | "recovered";
}

interface Step {
  attempts: Attempt[];
  ending: "completed" | "skip iteration" | "skip remaining" | End["how"];
  /** Signs of life while a pause or a gate before this step lasts. */
  waits: number;
}

/** What ends the run early, in its n-th step. */
interface End {
  step: number;
  how: "cancel now" | "cancel after stage" | "fail";
}

/** A step as it is played in one run. */
interface Scripted extends Step {
  approves: boolean;
}

interface Run {
  loopMax: number;
  /** The iteration whose review approves. */
  approvedAt: number;
  queued: number;
  forked: boolean;
  end: End | null;
  steps: Step[];
}

const arbitraryHappening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("token" as const),
      channel: fc.constantFrom("output" as const, "output" as const, "reasoning" as const),
      text: arbitraryText(),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: "progress" as const }) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("guide" as const, "pause" as const, "rejection" as const, "warning" as const)
      .map((kind) => ({ kind })),
  },
);

const arbitraryStep = fc.record({
  attempts: fc.array(
    fc.record({
      happenings: fc.array(arbitraryHappening, { maxLength: 8 }),
      failure: fc.constantFrom("retry" as const, "fallback" as const, "recovered" as const),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  ending: fc.oneof(
    { weight: 12, arbitrary: fc.constant("completed" as const) },
    { weight: 2, arbitrary: fc.constantFrom("skip iteration" as const, "skip remaining" as const) },
  ),
  waits: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) }),
});

const arbitraryRun: fc.Arbitrary<Run> = fc.record({
  loopMax: fc.constantFrom(0, 1, 2, 3, 3),
  approvedAt: fc.nat(4),
  queued: fc.nat(3),
  forked: fc.boolean(),
  end: fc.option(
    fc.record({
      step: fc.nat(8),
      how: fc.constantFrom("cancel now" as const, "cancel after stage" as const, "fail" as const),
    }),
    { freq: 2 },
  ),
  // "max": else most runs end before the loop is worth its name.
  steps: fc.array(arbitraryStep, { maxLength: 10, size: "max" }),
});

const PLAIN: Step = { attempts: [], ending: "completed", waits: 0 };
const QUIET: Attempt = { happenings: [], failure: "retry" };

/** The log that a run writes. Pure, so that fast-check can shrink the run. */
function play(run: Run): RunEvent[] {
  const log = new LogWriter();
  const stages = ["architecture", "implementation", "review", "refinement", "documentation"];
  log.write({
    type: "run_start",
    task: "build it",
    pipeline: {
      id: "build",
      title: "Build",
      stages: stages.map((id) => ({
        id,
        title: id,
        ...(id === "refinement" && { loop: { max: run.loopMax }, revises: "implementation" }),
      })),
    },
    options: { maxRefinements: run.loopMax, gates: ["documentation"] },
    ...(run.forked && { parent: { runId: "earlier", fromStage: "review", iteration: 1 } }),
  });
  for (let position = run.queued; position > 0; position--) log.progress("queued", { queuePosition: position });

  let step = 0;
  const next = (stage: string, iteration: number) => {
    const script = run.steps[step] ?? PLAIN;
    const ends = run.end?.step === step++;
    const ending = ends && run.end ? run.end.how : script.ending;
    return playStep(log, stage, iteration, { ...script, ending, approves: iteration >= run.approvedAt });
  };
  const loop = (): Outcome => {
    let reviewed = next("review", 0);
    for (let iteration = 1; iteration <= run.loopMax && reviewed === "revise"; iteration++) {
      const refined = next("refinement", iteration);
      if (refined === "closed" || refined === "leave") return refined;
      if (refined !== "skipped") reviewed = next("review", iteration);
      if (reviewed === "skipped") reviewed = "revise";
    }
    return reviewed;
  };
  for (const part of [
    () => next("architecture", 0),
    () => next("implementation", 0),
    loop,
    () => next("documentation", 0),
  ]) {
    if (part() === "closed") return log.events;
  }
  log.write({
    type: "run_complete",
    outcome: "completed",
    output: "done",
    usage: usage(9),
    costUsd: 0.5,
    durationMs: 9,
  });
  return log.events;
}

/** How the run goes on after a step. */
type Outcome = "approved" | "revise" | "skipped" | "leave" | "closed";

function playStep(log: LogWriter, stage: string, iteration: number, script: Scripted): Outcome {
  if (script.waits > 0 || log.pausing) pause(log, stage, iteration, script.waits);
  const attempts = script.attempts.length > 0 ? script.attempts : [QUIET];
  let cause: "next" | Attempt["failure"] = "next";
  for (const [index, { happenings, failure }] of attempts.entries()) {
    const at = { stage, iteration, attempt: index + 1 };
    log.write({ type: "stage_start", ...at, model: cause === "fallback" ? "small" : "large", cause });
    const said = { output: "", reasoning: "" };
    for (const happening of happenings) happen(log, at, said, happening);
    if (index < attempts.length - 1) {
      // A killed server tells nothing: the next attempt is all there is.
      if (failure !== "recovered") {
        log.write({
          type: "error",
          code: "MODEL_STREAM_CUT",
          message: "cut",
          retryable: true,
          fatal: false,
          ...at,
          retryInMs: 10,
        });
        log.progress("retrying", { stage, iteration });
      }
      cause = failure;
      continue;
    }
    return endStep(log, at, said, script);
  }
  throw new Error("A step has at least one attempt.");
}

interface StepAt {
  stage: string;
  iteration: number;
  attempt: number;
}

function happen(log: LogWriter, at: StepAt, said: Record<TokenEvent["channel"], string>, happening: Happening): void {
  switch (happening.kind) {
    case "token":
      log.write({
        type: "token",
        ...at,
        channel: happening.channel,
        offset: said[happening.channel].length,
        text: happening.text,
      });
      said[happening.channel] += happening.text;
      return;
    case "progress":
      return log.progress("streaming", {
        stage: at.stage,
        iteration: at.iteration,
        tokens: said.output.length,
        fraction: 0.5,
      });
    case "guide":
      return log.control({ type: "guide", text: "shorter" }, "applied");
    case "pause":
      log.pausing = true;
      return log.control({ type: "pause" }, "scheduled");
    case "rejection":
      return log.control({ type: "resume" }, "rejected", { reason: "not_paused" });
    case "warning":
      log.write({ type: "error", code: "SOMETHING_NEW", message: "odd", retryable: false, fatal: false, ...at });
  }
}

function endStep(log: LogWriter, at: StepAt, said: { output: string; reasoning: string }, script: Scripted): Outcome {
  const { stage, iteration } = at;
  const complete = (outcome: "completed" | "skipped" | "cancelled" | "failed") => {
    const verdict = { approved: script.approves, findings: [{ severity: "major" as const, title: "slow" }] };
    log.write({
      type: "stage_complete",
      ...at,
      outcome,
      output: said.output,
      ...(said.reasoning !== "" && { reasoning: said.reasoning }),
      ...(stage === "review" && outcome === "completed" && { verdict }),
      usage: usage(said.output.length, outcome !== "completed"),
      ...(said.output !== "" && { firstTokenMs: 2 }),
      durationMs: 5,
    });
  };
  const close = (outcome: "cancelled" | "failed"): Outcome => {
    log.write({ type: "run_complete", outcome, usage: usage(1, true), durationMs: 7 });
    return "closed";
  };
  switch (script.ending) {
    case "skip iteration":
    case "skip remaining": {
      if (iteration === 0) break;
      const target = script.ending === "skip iteration" ? "iteration" : "remaining";
      log.control({ type: "skip", target, when: "now" }, "applied", { stage, iteration });
      complete("skipped");
      return target === "iteration" ? "skipped" : "leave";
    }
    case "cancel now":
      log.control({ type: "cancel", when: "now", reason: "enough" }, "applied");
      complete("cancelled");
      return close("cancelled");
    case "cancel after stage":
      log.control({ type: "cancel", when: "after_stage" }, "scheduled", { stage, iteration });
      complete("completed");
      return close("cancelled");
    case "fail":
      log.write({ type: "error", code: "MODEL_AUTH", message: "refused", retryable: false, fatal: true, ...at });
      complete("failed");
      return close("failed");
    case "completed":
  }
  complete("completed");
  return script.approves ? "approved" : "revise";
}

function pause(log: LogWriter, stage: string, iteration: number, waits: number): void {
  if (!log.pausing) log.control({ type: "pause" }, "applied", { stage, iteration });
  for (let wait = 0; wait < waits; wait++) log.progress("paused", { stage, iteration });
  log.control({ type: "resume" }, "applied", { stage, iteration });
  log.pausing = false;
}

function usage(completionTokens: number, estimated = false): Usage {
  return { promptTokens: 10, completionTokens, reasoningTokens: 1, estimated };
}

/** Numbers events as a log does. */
class LogWriter {
  readonly events: RunEvent[] = [];
  /** True from a `pause` to the step before which it takes effect. */
  pausing = false;
  #commands = 0;

  write(body: EventBody): void {
    const seq = this.events.length + 1;
    this.events.push({ runId: "run", seq, at: 1_000 + seq * 10, ...body });
  }

  progress(
    phase: "queued" | "streaming" | "retrying" | "paused",
    more: Partial<Extract<EventBody, { type: "progress" }>>,
  ): void {
    this.write({ ...more, type: "progress", phase, elapsedMs: this.events.length, message: phase });
  }

  control(
    command: Extract<EventBody, { type: "control" }>["command"],
    outcome: "applied" | "scheduled" | "rejected",
    more: { reason?: string; stage?: string; iteration?: number } = {},
  ): void {
    this.write({ type: "control", commandId: `c${++this.#commands}`, command, by: "somebody", outcome, ...more });
  }
}
