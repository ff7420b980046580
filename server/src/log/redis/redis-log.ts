import { randomUUID } from "node:crypto";
import { StagewireError } from "@stagewire/shared";
import type { RunEvent, RunSummary } from "@stagewire/shared";
import { displayUrl } from "../../display-url.js";
import { checkBatch, claimRefusal, refusal, runNotFound } from "../append-rules.js";
import { formatListCursor, parseListCursor } from "../list-cursor.js";
import { createSubscribers } from "../subscribers.js";
import type { FeedChange, LogEntry, LogFull, RunHead, RunLog } from "../types.js";
import { judgeRedis, type RedisFinding } from "./check-redis.js";
import { type ClusterStore, createClusterStore } from "./cluster-store.js";
import { compactRun } from "./compact-run.js";
import { type Connection, connectRedis, logClosed } from "./connection.js";
import { createScripts, type Scripts } from "./scripts.js";
import { createRedisTail } from "./tail.js";
import { createWrites } from "./writes.js";

/** What {@link openRedisLog} takes. */
export interface RedisLogOptions {
  /** `redis://…` or `rediss://…`, with user, password and database where it needs them. */
  readonly url: string;
  /** Begins every key, so that several logs can share one database. @default "stagewire" */
  readonly prefix?: string | undefined;
  /** Gets what a listener threw. @default a process warning */
  readonly onListenerError?: ((error: unknown) => void) | undefined;
  /** Told once for each time that Redis is lost, or takes no writes, and by which error. @default nothing */
  readonly onFull?: ((full: LogFull, cause: unknown) => void) | undefined;
  /** Told at the start what this Redis does not promise. @default nothing */
  readonly onWarning?: ((finding: RedisFinding) => void) | undefined;
  /** Ms after which it is looked whether a watched run that is silent is still there, and no further. @default 10_000 */
  readonly lookAfterMs?: number | undefined;
}

/** A run log that several servers share. */
export interface RedisLog extends RunLog {
  /** What they tell each other beside the log. */
  readonly cluster: ClusterStore;
}

const DEFAULT_LIST_LIMIT = 50;
const SCHEMA_VERSION = 1;
/** Changes that are read at a time by a process that fell behind. */
const MISSED_CHANGES = 1_000;
/** The field of a reader's place that is no run. */
const PLACE_REVISION = ":revision";
/** The only key of the listeners to changes. */
const ALL_RUNS = "";

/**
 * The run log in a Redis, shared by any number of processes. What an append that resolved survives is what Redis was
 * told to survive: see docs/redis.md. While Redis is away the log counts as full. Rejects with `DATA_UNAVAILABLE` when
 * Redis can't be reached or can't be used.
 */
export function openRedisLog(options: RedisLogOptions): Promise<RedisLog> {
  return openRedisLogWith(options, createScripts());
}

/** With scripts of the caller's, for tests that plant a bug. */
export async function openRedisLogWith(options: RedisLogOptions, scripts: Scripts): Promise<RedisLog> {
  const { url, prefix = "stagewire", onFull = nothing } = options;
  const base = `{${prefix}}`;
  const connection = await connectRedis({ url, base, scripts, onFull });
  try {
    for (const finding of await examine(connection, url)) options.onWarning?.(finding);
    await checkSchema(connection, base, url);
    return await open(connection, base, options);
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

async function open(
  connection: Connection,
  base: string,
  { onListenerError = warn, lookAfterMs }: RedisLogOptions,
): Promise<RedisLog> {
  const listeners = createSubscribers<LogEntry>(onListenerError);
  const feedListeners = createSubscribers<FeedChange>(onListenerError);
  /** Called when a watched run is found deleted, or further than what was heard of it. */
  const missedListeners = createSubscribers<undefined>(onListenerError);
  const writes = createWrites(connection);
  const revision = async () => Number((await connection.send((redis) => redis.get(`${base}:revision`))) ?? 0);
  const changes = async (after: number, limit: number) => {
    const found = (await connection.script("changes", ["", after, limit])) as string[];
    return pairs(found).map(([changed, json]): FeedChange => ({
      revision: Number(changed),
      summary: parseSummary(json),
    }));
  };
  const tail = createRedisTail({
    connection,
    base,
    node: randomUUID(),
    revision: await revision(),
    onEntry: (runId, entry) => listeners.prepare([[runId, entry]])(),
    onChange: (change) => feedListeners.prepare([[ALL_RUNS, change]])(),
    onMissed: (runId) => missedListeners.prepare([[runId, undefined]])(),
    changes: (after) => changes(after, MISSED_CHANGES),
    onError: onListenerError,
    lookAfterMs,
  });
  /** The compaction that goes on, or the last one: they come one after the other. */
  let compaction: Promise<unknown> = Promise.resolve();
  let closed = false;

  const runKey = (runId: string) => `${base}:run:${runId}`;

  /** Throws while Redis takes no writes. */
  function checkRoom(): void {
    if (closed) throw logClosed();
    const full = connection.full();
    if (full) throw full.error;
  }

  async function readPage(runId: string, after: number, maxBytes: number) {
    // Infinity has no name in Lua.
    const most = Math.min(maxBytes, Number.MAX_SAFE_INTEGER);
    const found = (await connection.script("read", [runId, after, most])) as string[];
    let bytes = 0;
    const entries = pairs(found).map(([id, json]): LogEntry => {
      bytes += Buffer.byteLength(json);
      return { epoch: Number(id.slice(0, id.indexOf("-"))), events: parseEvents(json) };
    });
    return { entries, bytes };
  }

  /** `runId, score, value` of the runs after a cursor. */
  async function readIndex(
    index: string,
    after: { readonly runId: string; readonly score: number } | undefined,
    limit: number,
    newestFirst: boolean,
  ): Promise<[string, string, string][]> {
    const found = (await connection.script("page", [
      ...[after?.runId ?? "", index, after?.score ?? 0, limit],
      newestFirst ? "1" : "",
    ])) as string[];
    return Array.from({ length: found.length / 3 }, (_, item) => found.slice(item * 3, item * 3 + 3)) as [
      string,
      string,
      string,
    ][];
  }

  return {
    cluster: createClusterStore(connection, base),

    async create({ start, summary, idempotencyKey }) {
      checkRoom();
      const { runId } = start;
      const events = [start];
      if (checkBatch(runId, events).first !== 1) {
        throw new StagewireError("INTERNAL", `Run "${runId}" must begin with event 1, not ${start.seq}.`);
      }
      const json = JSON.stringify(events);
      const { status, createdAt } = summary;
      // As JSON because Redis' text holds no lone surrogate: two keys must not become one.
      const key = idempotencyKey === undefined ? "" : JSON.stringify(idempotencyKey);
      const args = [runId, Buffer.byteLength(json), json, JSON.stringify(summary), status, createdAt, tail.node, key];
      return writes.run("create", args, (reply) => {
        const [created, id = "", changed = 0] = reply as [number, string?, number?];
        if (created === 0) return { runId: id, created: false, epoch: 0 };
        if (created === -1) throw new StagewireError("INTERNAL", `The run id "${runId}" is taken: make another one.`);
        tail.appended(runId, { epoch: 1, events });
        tail.changed({ revision: changed, summary });
        return { runId, created: true, epoch: 1 };
      });
    },

    async claim(runId, from) {
      return writes.run("claim", [runId, from ?? ""], (reply) => {
        const [taken, ...head] = reply as [number, string, string, string];
        if (taken === 0) throw claimRefusal(runId, from ?? 0, head[0] ? { epoch: Number(head[0]) } : undefined);
        return toHead(head);
      });
    },

    async append({ runId, epoch, events: given, summary, urgent = false }) {
      // Taken as they are now: the caller may reuse its array, and what is published must be what was stored.
      const events: readonly RunEvent[] = [...given];
      const batch = checkBatch(runId, events);
      if (!urgent || closed) checkRoom();
      const json = JSON.stringify(events);
      const { first, last } = batch;
      const closedAt = batch.closes ? (events.at(-1)?.at ?? 0) : "";
      const told = [summary ? JSON.stringify(summary) : "", summary?.status ?? "", tail.node];
      const args = [runId, epoch, first, last, closedAt, Buffer.byteLength(json), json, ...told];
      return writes.run("append", args, (reply) => {
        const [taken, ...rest] = reply as [number, ...(string | number)[]];
        if (taken !== 1) {
          tail.disowned(runId);
          throw refusal(runId, epoch, batch, taken === 0 ? toHead(rest as string[]) : undefined);
        }
        tail.appended(runId, { epoch, events });
        if (summary) tail.changed({ revision: Number(rest[0]), summary });
      });
    },

    full: () => connection.full(),

    async head(runId) {
      const [epoch, seq, isClosed] = await connection.send((redis) =>
        redis.hmget(runKey(runId), "epoch", "head", "closed"),
      );
      return epoch && seq && isClosed ? toHead([epoch, seq, isClosed]) : undefined;
    },

    async read(runId, { after, maxBytes = Number.POSITIVE_INFINITY }) {
      return (await readPage(runId, after, maxBytes)).entries;
    },

    subscribe(runId, listener, onMissed) {
      if (closed) return nothing;
      const ends = [listeners.add(runId, listener), tail.watch(runId)];
      if (onMissed) ends.push(missedListeners.add(runId, onMissed));
      return () => {
        for (const end of ends) end();
      };
    },

    async list({ status, limit = DEFAULT_LIST_LIMIT, cursor }) {
      const position = cursor === undefined ? undefined : parseListCursor(cursor);
      const after = position && { runId: position.runId, score: position.createdAt };
      // One more than asked for tells whether there is another page.
      const found = await readIndex(status === undefined ? "age" : `age:${status}`, after, limit + 1, true);
      const runs = found.slice(0, limit).map(([, , json]) => parseSummary(json));
      const [lastId, createdAt] = found[limit - 1] ?? [];
      return found.length > limit && lastId !== undefined
        ? { runs, nextCursor: formatListCursor({ createdAt: Number(createdAt), runId: lastId }) }
        : { runs };
    },

    async summary(runId) {
      const json = await connection.send((redis) => redis.hget(`${base}:summaries`, runId));
      return json === null ? undefined : parseSummary(json);
    },

    openRuns: () => connection.send((redis) => redis.zrange(`${base}:open`, 0, -1)),

    changes,

    revision,

    subscribeChanges(listener) {
      return closed ? nothing : feedListeners.add(ALL_RUNS, listener);
    },

    async compact(input) {
      const done = compaction.then(() => compactRun(connection, base, readPage, input));
      compaction = done.catch(() => {});
      await done;
    },

    async delete(runId) {
      await writes.run("delete", [runId], (reply) => {
        if (reply === -1) throw runNotFound(runId);
        if (reply === 0) {
          throw new StagewireError("INTERNAL", `Run "${runId}" is open: only a closed run can be deleted.`);
        }
      });
    },

    async closedRuns({ after, uncompacted = false, limit }) {
      const from = after && { runId: after.runId, score: after.closedAt };
      const found = await readIndex(uncompacted ? "loose" : "closed", from, limit, false);
      return found.map(([runId, closedAt, bytes]) => ({ runId, closedAt: Number(closedAt), bytes: Number(bytes) }));
    },

    async keepPlace({ reader, revision: seen, runs, done = [] }) {
      checkRoom();
      const kept = [...runs].map(([runId, seq]) => [runId, String(seq)]);
      const change = JSON.stringify({ runs: kept, done: [...done] });
      await writes.run("keepPlace", [reader, seen, change], () => {});
    },

    async place(reader) {
      const found = new Map(pairs((await connection.script("place", [reader])) as string[]));
      const seen = found.get(PLACE_REVISION);
      if (seen === undefined) return undefined;
      found.delete(PLACE_REVISION);
      return { revision: Number(seen), runs: new Map([...found].map(([runId, seq]) => [runId, Number(seq)])) };
    },

    async size() {
      const [runs, closedRuns, bytes, info] = await Promise.all([
        connection.send((redis) => redis.zcard(`${base}:age`)),
        connection.send((redis) => redis.zcard(`${base}:closed`)),
        connection.send((redis) => redis.hget(`${base}:totals`, "bytes")),
        connection.send((redis) => redis.info("memory")),
      ]);
      return { runs, closedRuns, bytes: Number(bytes ?? 0), storeBytes: Number(/used_memory:(\d+)/.exec(info)?.[1]) };
    },

    async runSize(runId) {
      const [entries, bytes] = await connection.send((redis) => redis.hmget(runKey(runId), "entries", "bytes"));
      return entries && bytes ? { entries: Number(entries), bytes: Number(bytes) } : undefined;
    },

    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      await writes.close();
      listeners.clear();
      feedListeners.clear();
      missedListeners.clear();
      tail.close();
      await connection[Symbol.asyncDispose]();
    },
  };
}

/**
 * Looks whether a Redis can keep the run log, without leaving anything in it. Resolves with what it does not promise;
 * rejects with `DATA_UNAVAILABLE` where it can't be used.
 */
export async function checkRedis(url: string): Promise<RedisFinding[]> {
  await using connection = await connectRedis({ url, base: "{}", scripts: createScripts(), onFull: nothing });
  return await examine(connection, url);
}

async function examine(connection: Connection, url: string): Promise<RedisFinding[]> {
  const info = await connection.send((redis) => redis.info());
  // Hosted ones often keep this to themselves.
  const appendfsync = await connection.send((redis) => redis.config("GET", "appendfsync")).catch(() => undefined);
  const fsync = Array.isArray(appendfsync) ? String(appendfsync[1]) : undefined;
  const findings = judgeRedis({ info, appendfsync: fsync });
  const refused = findings.find(({ level }) => level === "refuse");
  if (refused) throw unusable(url, refused.message);
  return findings;
}

/** Refuses a log that was written by a newer version. */
async function checkSchema(connection: Connection, base: string, url: string): Promise<void> {
  await connection.send((redis) => redis.set(`${base}:schema`, SCHEMA_VERSION, "NX"));
  const schema = Number(await connection.send((redis) => redis.get(`${base}:schema`)));
  if (schema > SCHEMA_VERSION) {
    const versions = `schema ${schema}; this one knows ${SCHEMA_VERSION}`;
    throw unusable(url, `it was written by a newer stagewire (${versions}). Update stagewire.`);
  }
}

function unusable(url: string, why: string): StagewireError {
  return new StagewireError("DATA_UNAVAILABLE", `can't keep the run log in the Redis at ${displayUrl(url)}: ${why}`);
}

function toHead([epoch, seq, closed]: readonly string[]): RunHead {
  return { epoch: Number(epoch), seq: Number(seq), closed: closed === "1" };
}

function pairs(found: readonly string[]): [string, string][] {
  return Array.from({ length: found.length / 2 }, (_, item) => [found[item * 2] ?? "", found[item * 2 + 1] ?? ""]);
}

/** What this driver wrote is trusted: it was parsed where it came in. */
function parseSummary(json: string): RunSummary {
  return JSON.parse(json);
}

function parseEvents(json: string): RunEvent[] {
  return JSON.parse(json);
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : new Error(String(error)), "StagewireListenerWarning");
}

function nothing(): void {}
