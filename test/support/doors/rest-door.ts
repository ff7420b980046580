import type { Ack, RunEvent, StartResult } from "@stagewire/shared";
import { createRecorder, type Door, DoorError, type DoorWatch, type WatchOptions } from "./door.js";
import { readSse, type SseReader } from "./sse-reader.js";

/** The HTTP API, with nothing but HTTP. */
export const restDoor: Door = {
  name: "HTTP API and SSE",
  async connect(url) {
    return {
      start: ({ idempotencyKey, ...input }) =>
        post<StartResult>(
          `${url}/api/runs`,
          input,
          idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey },
        ),
      control: ({ runId, ...envelope }) => post<Ack>(`${url}/api/runs/${encodeURIComponent(runId)}/control`, envelope),
      watch: (runId, options = {}) => watchRun(`${url}/api/runs/${runId}/events`, options),
      [Symbol.asyncDispose]: async () => {},
    };
  },
};

/** Reads the stream, and comes back with its cursor wherever it breaks, as `EventSource` does. */
function watchRun(url: string, { lastEventId, detail }: WatchOptions): DoorWatch {
  const recorder = createRecorder();
  const query = detail === undefined ? "" : `?detail=${detail}`;
  let cursor = lastEventId;
  let over = false;
  let reader: SseReader;
  const finish = (how: () => void) => {
    over = true;
    how();
  };
  const open = () => {
    reader = readSse(`${url}${query}`, cursor === undefined ? {} : { "last-event-id": cursor }, {
      onMessage({ event, id, data }) {
        const parsed: unknown = JSON.parse(data);
        if (event === "failure") return finish(() => recorder.fail(errorOf(parsed)));
        cursor = id ?? "";
        recorder.put([parsed as RunEvent], cursor);
      },
      onAnswer: (status, body) =>
        finish(() => (status === 204 ? recorder.end() : recorder.fail(errorOf(JSON.parse(body))))),
      onEnd() {
        if (!over) open();
      },
      onRefused: (error) => finish(() => recorder.fail(error)),
    });
  };
  open();
  return {
    ...recorder,
    stop: () =>
      finish(() => {
        reader.stop();
      }),
  };
}

async function post<T>(url: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw errorOf(answer);
  return answer as T;
}

function errorOf(answer: unknown): DoorError {
  const { error } = answer as { error?: { code: string; message: string } };
  return new DoorError(error?.code ?? "none", error?.message ?? JSON.stringify(answer));
}
