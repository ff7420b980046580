import { Redis } from "ioredis";
import { StagewireError } from "@stagewire/shared";
import retry from "retry";
import { displayUrl } from "../../display-url.js";
import type { LogFull } from "../types.js";
import { isNoScript, logUnavailable, plain, redisDown, whyDown } from "./errors.js";
import type { ScriptName, Scripts } from "./scripts.js";

/** The connection that reads and writes. Redis does what was sent first, first, over scripts, pipelines and single commands. */
export interface Connection extends AsyncDisposable {
  /** Defined while Redis can't be reached, or takes no writes. */
  full(): LogFull | undefined;
  /** Sends at once. Rejects with `LOG_UNAVAILABLE`, at once while Redis can't be reached. */
  send<T>(command: (redis: Redis) => Promise<T>): Promise<T>;
  /** Runs one script at once; see `send`. */
  script(name: ScriptName, args: readonly ScriptArgument[]): Promise<unknown>;
  /** Runs scripts in this order in one pipeline. Never rejects: each has its own end. */
  pipeline(calls: readonly ScriptCall[]): Promise<ScriptResult[]>;
  /** A second connection of its own, for commands that block. It waits for a lost Redis, and sends again what had no answer. */
  blocking(): Redis;
  /** Called first after each reconnect: what it sends comes before everything else. */
  onReconnect(listener: () => void): void;
}

export type ScriptArgument = string | number;

export interface ScriptCall {
  readonly name: ScriptName;
  readonly args: readonly ScriptArgument[];
}

export type ScriptResult = { readonly reply: unknown } | { readonly error: StagewireError };

export interface ConnectionOptions {
  readonly url: string;
  /** The hash tag of all keys, e.g. `{stagewire}`. */
  readonly base: string;
  readonly scripts: Scripts;
  /** Told once for each time that Redis is lost or takes no writes, and by which error. */
  readonly onFull: (full: LogFull, cause: unknown) => void;
}

const CONNECT_MS = 5_000;
/** A Redis that says nothing for so long counts as lost. */
const SILENT_MS = 5_000;
/** Ms from one look to the next. */
const RECONNECT = { minTimeout: 50, maxTimeout: 2_000, factor: 1.5 };

/** Rejects with `DATA_UNAVAILABLE` when there is no Redis, or none that lets us in. */
export async function connectRedis({ url, base, scripts, onFull }: ConnectionOptions): Promise<Connection> {
  const options = {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENT_MS,
    keepAlive: 5_000,
    retryStrategy: (times: number) => retry.createTimeout(times - 1, RECONNECT),
  };
  // What was sent and not answered fails at once: whether it was done is found out by reading.
  const redis = new Redis(url, {
    ...options,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
  });
  keepTimerToItsStream(redis);
  const others: Redis[] = [];
  const reconnected: (() => void)[] = [];
  let lastError: unknown;
  let connected = false;
  let closed = false;
  let down: LogFull | undefined;
  let up: () => void = () => {};
  let timer: NodeJS.Timeout | undefined;

  redis.on("error", (error: unknown) => (lastError = error));
  redis.on("close", () => {
    if (!connected || closed) return;
    connected = false;
    goDown("can't be reached", lastError ?? new Error("the connection was closed"));
  });
  redis.on("ready", () => {
    if (connected || closed) return;
    connected = true;
    load();
    for (const listener of reconnected) listener();
    look(0);
  });

  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    const why = plain(lastError ?? error).message;
    const message = `can't use the Redis at ${displayUrl(url)}: ${why}. Start it, or correct redisUrl (STAGEWIRE_REDIS_URL).`;
    throw new StagewireError("DATA_UNAVAILABLE", message, { cause: plain(error) });
  }

  /** Not waited for: whatever is sent later comes later. */
  function load(): void {
    for (const { source } of Object.values(scripts)) redis.script("LOAD", source).catch(blame);
  }

  function goDown(why: string, cause: unknown): void {
    if (down || closed) return;
    down = { error: redisDown(why), over: new Promise((resolve) => (up = resolve)) };
    onFull(down, plain(cause));
  }

  /** Tries a write until one is taken. */
  function look(attempt: number): void {
    clearTimeout(timer);
    if (!down || !connected || closed) return;
    redis.set(`${base}:probe`, 1, "PX", 1_000).then(
      () => {
        down = undefined;
        up();
      },
      () => {
        timer = setTimeout(() => look(attempt + 1), retry.createTimeout(attempt, RECONNECT)).unref();
      },
    );
  }

  /** What a call that failed so is refused with. */
  function blame(error: unknown): StagewireError {
    if (closed) return logClosed();
    if (error instanceof StagewireError) return error;
    if (isNoScript(error)) load();
    const why = whyDown(error);
    if (why === undefined) return logUnavailable(error);
    const first = !down;
    goDown(why, error);
    if (first) look(0);
    return down?.error ?? logUnavailable(error);
  }

  function check(): void {
    if (closed) throw logClosed();
    if (!connected) throw down?.error ?? redisDown("can't be reached");
  }

  async function send<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    check();
    try {
      return await command(redis);
    } catch (error) {
      throw blame(error);
    }
  }

  const connection: Connection = {
    full: () => down,
    send,
    script: (name, args) => send((to) => to.evalsha(scripts[name].sha, 1, base, ...args)),
    async pipeline(calls) {
      try {
        check();
        const pipeline = redis.pipeline();
        for (const { name, args } of calls) pipeline.evalsha(scripts[name].sha, 1, base, ...args);
        const results = (await pipeline.exec()) ?? [];
        return results.map(([error, reply]) => (error ? { error: blame(error) } : { reply }));
      } catch (error) {
        const failure = blame(error);
        return calls.map(() => ({ error: failure }));
      }
    },
    blocking() {
      const other = new Redis(url, { ...options, lazyConnect: false, maxRetriesPerRequest: null });
      keepTimerToItsStream(other);
      // The first connection has told of it.
      other.on("error", () => {});
      others.push(other);
      return other;
    },
    onReconnect: (listener) => void reconnected.push(listener),
    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      clearTimeout(timer);
      for (const client of [redis, ...others]) client.disconnect();
      up();
    },
  };
  return connection;
}

export function logClosed(): StagewireError {
  return new StagewireError("LOG_UNAVAILABLE", "The run log is closed: the server is stopping. Try again in a moment.");
}

/**
 * The client (5.11) does not take back the timer of `socketTimeout` when the stream that it was set for closes: up to
 * that long after a loss it would break off the next one, which is well, and not guard it until then.
 */
function keepTimerToItsStream(client: Redis): void {
  client.on("close", () => {
    const held = client as unknown as { socketTimeoutTimer: NodeJS.Timeout | undefined };
    clearTimeout(held.socketTimeoutTimer);
    held.socketTimeoutTimer = undefined;
  });
}
