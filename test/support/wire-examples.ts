import type { RunEvent } from "@stagewire/shared";
import { expect } from "vitest";
import { WebSocket } from "ws";
import type { Said } from "./documents.js";

/** The run that the examples of PROTOCOL.md are about. */
const EXAMPLE_RUN = "k3f9x2m7q1ab";
/** What differs from run to run. */
const VOLATILE = new Set(
  "at seq elapsedMs stageElapsedMs firstTokenMs durationMs baseUrl promptTokens completionTokens".split(" "),
);

interface Server {
  readonly url: string;
}

interface Message {
  id?: unknown;
  result?: { type?: string; id?: string; data?: { runId?: string; seq?: number; id?: string; data?: RunEvent[] } };
}

/**
 * Says what the client says in an example, and compares every answer with the example's: all of it but times, counts
 * and the run's id. Calls `onEvents` as events arrive.
 * Resolves with how many answers were compared. Answers to one request are compared in order; those to different requests come in any order.
 */
export async function playSocket(
  { url }: Server,
  said: readonly Said[],
  query: string,
  onEvents: () => void,
): Promise<number> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/trpc${query}`);
  const inbox = createInbox();
  socket.on("message", (data: Buffer) => inbox.put(data.toString("utf8")));
  socket.on("close", () => inbox.fail(new Error("the server closed the connection")));
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  let runId = EXAMPLE_RUN;
  /** Numbers of events: the example's to the real run's, which may hold further signs of life. */
  const numbers = new Map<number, number>();
  const acks: [example: number, real: number][] = [];
  let compared = 0;

  for (const { by, text } of said) {
    if (by === "client") {
      const known = (seq: string) => String(numbers.get(Number(seq)) ?? seq);
      socket.send(
        text
          .replaceAll(EXAMPLE_RUN, runId)
          .replace(/"lastEventId":"1-(\d+)"/, (_, seq: string) => `"lastEventId":"1-${known(seq)}"`),
      );
      continue;
    }
    compared++;
    if (text === "PONG") {
      expect(await inbox.take("PONG")).toBe("PONG");
    } else {
      const expected = JSON.parse(text) as Message;
      const channel = JSON.stringify(expected.id);
      const frame = expected.result?.data?.data;
      if (Array.isArray(frame)) {
        for (const event of frame) {
          const real = await inbox.takeEvent(channel, event.type);
          expect(steady(real, runId)).toEqual(steady(event, runId));
          numbers.set(event.seq, real.seq);
          onEvents();
        }
      } else {
        const real = JSON.parse(await inbox.take(channel)) as Message;
        if (expected.result?.data?.runId === EXAMPLE_RUN) runId = real.result?.data?.runId ?? "";
        expect(steady(real, runId)).toEqual(steady(expected, runId));
        const seq = expected.result?.data?.seq;
        if (seq !== undefined) acks.push([seq, real.result?.data?.seq ?? 0]);
      }
    }
  }
  for (const [example, real] of acks) expect(numbers.get(example)).toBe(real);
  socket.removeAllListeners("close");
  socket.terminate();
  return compared;
}

/** The same for requests over HTTP: `GET path`, or `POST path body`; answers are `status body`. */
export async function playHttp({ url }: Server, said: readonly Said[]): Promise<number> {
  let runId = EXAMPLE_RUN;
  let response = new Response();
  let compared = 0;
  for (const { by, text } of said) {
    if (by === "client") {
      const [method = "", path = "", ...rest] = text.replaceAll(EXAMPLE_RUN, runId).split(" ");
      const body = rest.join(" ");
      response = await fetch(url + path, {
        method,
        ...(body !== "" && { body, headers: { "content-type": "application/json" } }),
      });
      continue;
    }
    compared++;
    const [, status, body = ""] = /^(\d+) ([^]*)$/.exec(text) ?? [];
    const real = (await response.json()) as { runId?: string; result?: { data?: { runId?: string } } };
    expect(String(response.status)).toBe(status);
    const expected = JSON.parse(body) as typeof real;
    if (expected.result?.data?.runId === EXAMPLE_RUN) runId = real.result?.data?.runId ?? "";
    if (expected.runId === EXAMPLE_RUN) runId = real.runId ?? "";
    expect(steady(real, runId)).toEqual(steady(expected, runId));
  }
  return compared;
}

/** What came, by the id it answers; events one by one, checked for continuity. */
function createInbox() {
  const texts = new Map<string, string[]>();
  const events = new Map<string, RunEvent[]>();
  const last = new Map<string, number>();
  let failure: Error | undefined;
  let wake: () => void = () => {};

  const until = async <T>(look: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (failure) throw failure;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  const push = <T>(map: Map<string, T[]>, key: string, ...values: T[]) =>
    map.set(key, [...(map.get(key) ?? []), ...values]);

  return {
    put(text: string) {
      const message = text === "PONG" ? undefined : (JSON.parse(text) as Message);
      const channel = message ? JSON.stringify(message.id) : text;
      const frame = message?.result?.data?.data;
      if (Array.isArray(frame)) {
        expect(message?.result?.data?.id).toBe(message?.result?.id);
        for (const event of frame) {
          const before = last.get(channel);
          if (before !== undefined) expect(event.from ?? event.seq).toBe(before + 1);
          last.set(channel, event.seq);
        }
        expect(message?.result?.id).toBe(`1-${last.get(channel)}`);
        push(events, channel, ...frame);
      } else push(texts, channel, text);
      wake();
    },
    fail(error: Error) {
      failure = error;
      wake();
    },
    take: (channel: string) => until(() => texts.get(channel)?.shift()),
    /** The next event; signs of life that an example does not show are passed over. */
    takeEvent: (channel: string, type: string) =>
      until(() => {
        const waiting = events.get(channel) ?? [];
        if (type !== "progress") {
          while (waiting[0]?.type === "progress") waiting.shift();
        }
        return waiting.shift();
      }),
  };
}

/** A message without what differs from run to run. */
function steady(value: unknown, runId: string): unknown {
  if (typeof value === "string") return value.replaceAll(runId, EXAMPLE_RUN).replace(/log ends at \d+/, "log ends");
  if (Array.isArray(value)) return value.map((item) => steady(item, runId));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, VOLATILE.has(key) ? "differs" : steady(field, runId)]),
  );
}
