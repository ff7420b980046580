import type { Client } from "@stagewire/client";
import type { Ack, RunEvent } from "@stagewire/shared";
import { expect, test } from "vitest";
import { followRun, type FollowOptions } from "../../client/cli/src/follow-run.js";
import type { Interrupt } from "../../client/cli/src/interrupts.js";

const RUN_START: RunEvent = {
  type: "run_start",
  runId: "k3f9",
  seq: 1,
  at: 1,
  task: "t",
  pipeline: { id: "build", title: "Build", stages: [] },
  options: {},
};
const CANCELLED: RunEvent = {
  type: "run_complete",
  runId: "k3f9",
  seq: 2,
  at: 2,
  outcome: "cancelled",
  usage: { promptTokens: 0, completionTokens: 0, estimated: true },
  durationMs: 1_000,
};

/** A run that goes on until it is told to end, watched by a command whose signals the test sends. */
function scene(control: (signal: AbortSignal | undefined) => Promise<Ack>, options: Partial<FollowOptions> = {}) {
  const said: string[] = [];
  let press: ((signal: Interrupt) => void) | undefined;
  let end: (() => void) | undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  let began: (() => void) | undefined;
  const beginning = new Promise<void>((resolve) => (began = resolve));
  const client = {
    connection: { state: { status: "open", since: 0 }, subscribe: () => () => undefined },
    runs: {
      control: (_runId: string, _command: unknown, { signal }: { signal?: AbortSignal } = {}) => control(signal),
      async *watch(_runId: string, { signal }: { signal?: AbortSignal }) {
        yield RUN_START;
        const left = new Promise((resolve) => signal?.addEventListener("abort", resolve));
        if (!signal?.aborted) await Promise.race([ended, left]);
        if (!signal?.aborted) yield CANCELLED;
      },
    },
  };
  const never = new AbortController().signal;
  const followed = followRun({
    client: client as unknown as Client,
    renderer: {
      begin() {},
      event: () => began?.(),
      connection() {},
      prompt() {},
      restored() {},
      note: (text) => said.push(text),
      end() {},
    },
    interrupts: { handle: (handler) => (press = handler), [Symbol.dispose]() {} },
    out: {
      isTTY: true,
      columns: () => 80,
      write() {},
      drained: async () => {},
      flushed: async () => {},
      closed: never,
      onResize: () => () => undefined,
    },
    runId: "k3f9",
    url: "http://127.0.0.1:4400",
    local: false,
    detail: "tokens",
    cancelOnCtrlC: true,
    cancelOnExit: false,
    ...options,
  });
  return { followed, beginning, said, press: (signal: Interrupt) => press?.(signal), end: () => end?.() };
}

const untilAborted = (signal: AbortSignal | undefined) =>
  new Promise<Ack>((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)));

test("the second Ctrl-C leaves while the cancel is still unanswered", async () => {
  const { followed, beginning, press, said } = scene(untilAborted);
  await beginning;
  press("SIGINT");
  press("SIGINT");
  expect(await followed).toMatchObject({ code: 130, fate: "Run k3f9 is still running: npx stagewire watch k3f9" });
  expect(said).toEqual(["cancelling the run; Ctrl-C again leaves it running"]);
});

test("the run's end does not overtake the answer to the cancel", async () => {
  let answer: ((ack: Ack) => void) | undefined;
  const { followed, beginning, press, end } = scene(() => new Promise((resolve) => (answer = resolve)));
  await beginning;
  press("SIGINT");
  end();
  const first = await Promise.race([followed, new Promise((resolve) => setImmediate(resolve, "waits"))]);
  expect(first).toBe("waits");
  answer?.({ commandId: "c", outcome: "applied", seq: 2 });
  expect(await followed).toMatchObject({
    code: 3,
    fate: "Run k3f9 was cancelled after 1.0 s: http://127.0.0.1:4400/runs/k3f9",
  });
});

test("a cancel that fails is told, and Ctrl-C tries again", async () => {
  let calls = 0;
  const { followed, beginning, press, said } = scene((signal) => {
    calls++;
    return calls === 1 ? Promise.reject(new Error("no connection")) : untilAborted(signal);
  });
  await beginning;
  press("SIGINT");
  await new Promise((resolve) => setImmediate(resolve));
  expect(said.at(-1)).toBe("cancelling was not confirmed: no connection");
  press("SIGINT");
  expect(calls).toBe(2);
  press("SIGINT");
  expect(await followed).toMatchObject({ code: 130 });
});

test("SIGTERM and SIGHUP at a terminal only leave", async () => {
  for (const [signal, code] of [
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    const { followed, beginning, press } = scene(() => Promise.reject(new Error("must not be called")));
    await beginning;
    press(signal);
    expect(await followed).toMatchObject({ code, fate: "Run k3f9 is still running: npx stagewire watch k3f9" });
  }
});
