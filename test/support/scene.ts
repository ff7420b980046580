import type { RunEvent, RunOptions, RunView } from "@stagewire/shared";
import { initialView, reduce } from "@stagewire/shared";
import type { ServerOptions } from "@stagewire/server";
import { expect } from "vitest";
import { type ModelCall, startScriptedModel, type ScriptedModel } from "./scripted-model.js";
import { startServer } from "./start-server.js";
import { plainClient, type PlainClient, type Recording } from "./trpc.js";

/** A server, the model it asks, and somebody who uses it. */
export interface Scene extends AsyncDisposable {
  readonly server: Awaited<ReturnType<typeof startServer>>;
  readonly model: ScriptedModel;
  readonly client: PlainClient;
  /** Starts a run of the task "build it" and watches it from its start. */
  start(options?: RunOptions, task?: string): Promise<{ runId: string; seen: Recording }>;
  /** Answers calls until the one for this place comes, and gives it open. */
  reach(stage: string, iteration?: number): Promise<ModelCall>;
}

export async function openScene(options: ServerOptions = {}): Promise<Scene> {
  const model = await startScriptedModel();
  const server = await startServer({ openaiBaseUrl: model.baseUrl, model: "scripted", ...options });
  const client = plainClient(server.url);
  return {
    server,
    model,
    client,
    async start(runOptions = {}, task = "build it") {
      const { runId } = await client.trpc.runs.start.mutate({ task, options: runOptions });
      return { runId, seen: client.watch(runId) };
    },
    reach: (stage, iteration = 0) => reach(model, stage, iteration),
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await server.close();
      await model[Symbol.asyncDispose]();
    },
  };
}

/** Answers calls with {@link answerOf} until the one for this place comes, and gives it open. */
export async function reach(model: ScriptedModel, stage: string, iteration = 0): Promise<ModelCall> {
  for (;;) {
    const call = await model.next();
    const place = placeOf(call);
    if (place === `${stage} ${iteration}`) return call;
    call.write(answerOf(call));
    call.end();
  }
}

const ROLES: readonly (readonly [RegExp, string])[] = [
  [/^You are the software architect/, "architecture"],
  [/who implements/, "implementation"],
  [/^You are the reviewer/, "review"],
  [/who revises/, "refinement"],
  [/who documents/, "documentation"],
];

/** Which step of the pipeline `build` a call is for: "refinement 1". */
export function placeOf(call: ModelCall): string {
  const role = call.system.split("\n", 1)[0] ?? "";
  const stage = ROLES.find(([pattern]) => pattern.test(role))?.[1] ?? "unknown";
  const iteration = /This is (?:the review of )?refinement (\d+)/.exec(call.system)?.[1] ?? "0";
  return `${stage} ${iteration}`;
}

/** Places of all calls so far. */
export function placesOf(model: ScriptedModel): string[] {
  return model.calls.map(placeOf);
}

/** Every stage answers with its name; a review approves nothing. */
export function answerOf(call: ModelCall): string {
  const place = placeOf(call);
  return place.startsWith("review") ? verdict(false, `finding of ${place}`) : `text of ${place}`;
}

/** What a review ends with. */
export function verdict(approved: boolean, ...findings: string[]): string {
  const list = findings.map((title) => ({ severity: "major", title }));
  return `Looked at it.\n\n\`\`\`json\n${JSON.stringify({ approved, findings: list })}\n\`\`\`\n`;
}

/** The user's part of a prompt. */
export function promptOf(call: ModelCall): string {
  return call.body.messages.findLast(({ role }) => role === "user")?.content ?? "";
}

/** All events of one type. */
export function of<T extends RunEvent["type"]>(events: readonly RunEvent[], type: T): Extract<RunEvent, { type: T }>[] {
  return events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
}

/** Matches events of one type with these fields. */
export function is(type: RunEvent["type"], fields: object = {}): (event: RunEvent) => boolean {
  return (event) =>
    event.type === type &&
    Object.entries(fields).every(([key, value]) => (event as Record<string, unknown>)[key] === value);
}

export const isToken = is("token");
export const isEnd = is("run_complete");

/** Each ended step as "refinement 1 skipped", in order. */
export function endings(events: readonly RunEvent[]): string[] {
  return of(events, "stage_complete").map(({ stage, iteration, outcome }) => `${stage} ${iteration} ${outcome}`);
}

export function fold(events: readonly RunEvent[], from: RunView = initialView()): RunView {
  return events.reduce(reduce, from);
}

/** Ranges follow each other without a gap, from just after `seq`. */
export function expectContinuity(events: readonly RunEvent[], seq = 0): void {
  let last = seq;
  for (const event of events) {
    expect(event.from ?? event.seq).toBe(last + 1);
    last = event.seq;
  }
}
