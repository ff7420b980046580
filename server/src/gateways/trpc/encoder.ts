import type { Encoder } from "@trpc/server/adapters/ws";

/** A tracked frame, as tRPC's adapter hands it over. */
interface FrameMessage {
  readonly id: number | string;
  readonly jsonrpc?: string;
  readonly result: { readonly type: "data"; readonly id: string; readonly data: { readonly data: readonly unknown[] } };
}

/** A frame as text, and the last whole message that was made of it. */
interface Text {
  readonly frame: string;
  readonly id: number | string;
  readonly cursor: string;
  readonly jsonrpc: string | undefined;
  readonly message: string;
}

/**
 * tRPC's JSON, except that a frame which many watchers share is turned into text once, and not once a watcher; for
 * those who subscribed under the same request id, which is most of them, even the whole message is one string.
 */
export function createEncoder(): Encoder {
  const texts = new WeakMap<object, Text>();
  return {
    encode(message) {
      if (!isFrame(message)) return JSON.stringify(message);
      const { id, jsonrpc, result } = message;
      const events = result.data.data;
      const known = texts.get(events);
      if (known && known.id === id && known.cursor === result.id && known.jsonrpc === jsonrpc) return known.message;
      const frame = known?.frame ?? JSON.stringify(events);
      const cursor = JSON.stringify(result.id);
      const version = jsonrpc === undefined ? "" : `"jsonrpc":${JSON.stringify(jsonrpc)},`;
      const whole = `{"id":${JSON.stringify(id)},${version}"result":{"type":"data","id":${cursor},"data":{"id":${cursor},"data":${frame}}}}`;
      texts.set(events, { frame, id, cursor: result.id, jsonrpc, message: whole });
      return whole;
    },
    decode: (data) => JSON.parse(typeof data === "string" ? data : new TextDecoder().decode(data)) as unknown,
  };
}

function isFrame(message: unknown): message is FrameMessage {
  const result = (message as { result?: { type?: unknown; id?: unknown; data?: unknown } } | null)?.result;
  if (result?.type !== "data" || typeof result.id !== "string") return false;
  return Array.isArray((result.data as { data?: unknown } | null)?.data);
}
