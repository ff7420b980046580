import { setTimeout as delay } from "node:timers/promises";
import type { Ack, Command, RunView, StartInput, StartResult } from "@stagewire/shared";
import type { World } from "./world.js";

/** An answer of the server, or the code of its refusal. */
export type Answer<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Requests over HTTP, repeated as PROTOCOL.md says until the server has answered. */
export interface Requests {
  start(input: StartInput): Promise<Answer<StartResult>>;
  control(runId: string, commandId: string, command: Command): Promise<Answer<Ack>>;
  /** Sends a command and hangs up before the answer can have come. */
  controlUnheard(runId: string, commandId: string, command: Command): Promise<void>;
  get(runId: string): Promise<Answer<RunView>>;
}

/** How long one try may take, in ms: longer than the server is ever stopped. */
const TRY_MS = 6_000;
/** How long a request is tried while the server runs, in ms. The time in which it is killed and started again does not count: on a busy machine that is long. */
const MOST_MS = 30_000;
const PASSING = new Set(["LOG_UNAVAILABLE", "SHUTTING_DOWN", "TOO_MANY_REQUESTS"]);

export function createRequests(world: World): Requests {
  const once = async <T>(path: string, input: unknown, query: boolean, signal: AbortSignal): Promise<Answer<T>> => {
    const json = JSON.stringify(input);
    const url = `${world.url}/trpc/${path}`;
    const response = query
      ? await fetch(`${url}?input=${encodeURIComponent(json)}`, { signal })
      : await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: json, signal });
    const { result, error } = (await response.json()) as Body<T>;
    if (result) return { ok: true, data: result.data };
    return { ok: false, code: error?.data?.reason ?? "none", message: error?.message ?? "no message" };
  };
  const repeat = async <T>(path: string, input: unknown, query = false): Promise<Answer<T>> => {
    let last: unknown;
    let { lives } = world;
    for (let end = performance.now() + MOST_MS; performance.now() < end;) {
      try {
        const answer = await once<T>(path, input, query, AbortSignal.timeout(TRY_MS));
        if (answer.ok || !PASSING.has(answer.code)) return answer;
        last = answer.message;
      } catch (error) {
        last = error;
      }
      await delay(40);
      if (lives === world.lives) continue;
      ({ lives } = world);
      await world.serving();
      end = performance.now() + MOST_MS;
    }
    const what = `${path} was not answered for ${MOST_MS / 1_000} s: ${String(last)}`;
    world.violate({ kind: "other", what });
    return { ok: false, code: "none", message: what };
  };
  return {
    start: (input) => repeat("runs.start", input),
    control: (runId, commandId, command) => repeat("runs.control", { commandId, runId, command }),
    async controlUnheard(runId, commandId, command) {
      const hangUp = new AbortController();
      const asked = once("runs.control", { commandId, runId, command }, false, hangUp.signal).catch(() => {});
      await delay(3);
      hangUp.abort();
      await asked;
    },
    get: (runId) => repeat("runs.get", { runId }, true),
  };
}

interface Body<T> {
  result?: { data: T };
  error?: { message: string; data?: { reason?: string } };
}
