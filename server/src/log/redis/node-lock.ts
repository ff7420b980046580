import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { StagewireError } from "@stagewire/shared";
import type { Connection } from "./connection.js";

/** Keeps a second server from working the same runs. It is no fence: that is each run's epoch. */
export interface NodeLock {
  /** Lets the next server begin at once. */
  release(): Promise<void>;
}

/** Ms that the lock outlives a server that ended without a word, or was cut off. */
const TTL_MS = 8_000;
const RENEW_MS = 1_000;
const LOOK_MS = 250;
/** Clients see it. */
const TAKEN_OVER =
  "Another stagewire server has taken over this server's run log, so nothing can be stored here: ask that one.";

/**
 * Resolves once this process has the log to itself. Waits at most 8 s for a server that has died; rejects with
 * `DATA_UNAVAILABLE` as soon as the other one shows that it is alive. A lock that is lost later forbids every write
 * until it is free again.
 */
export async function lockNode(connection: Connection): Promise<NodeLock> {
  const me = `${hostname()} ${process.pid} ${randomUUID()}`;
  const take = async (dead = "") => {
    const [taken, owner = "", leftMs = 0] = (await connection.script("own", [me, TTL_MS, dead])) as [
      number,
      string?,
      number?,
    ];
    return { taken: taken === 1, owner, leftMs };
  };

  let last = Infinity;
  for (let state = await take(); !state.taken; state = await take(isDead(state.owner) ? state.owner : "")) {
    if (state.leftMs > last) throw inUse(state.owner);
    last = state.leftMs;
    await delay(LOOK_MS);
  }

  const renew = async () => {
    const { taken, owner } = await take();
    connection.forbid(taken ? undefined : new StagewireError("LOG_UNAVAILABLE", TAKEN_OVER, { cause: inUse(owner) }));
  };
  // While Redis is away there is nobody to tell the time: its own messages say so.
  const timer = setInterval(() => void renew().catch(() => {}), RENEW_MS).unref();
  return {
    async release() {
      clearInterval(timer);
      await connection.script("disown", [me]).catch(() => {});
    },
  };
}

function inUse(owner: string): StagewireError {
  const [host = "?", pid = "?"] = owner.split(" ");
  return new StagewireError(
    "DATA_UNAVAILABLE",
    `the run log in Redis is in use by another stagewire server (pid ${pid} on ${host}): stop it, or give this one a database of its own (redis://…/1). Several servers on one log are not supported yet.`,
  );
}

/** True for a process of this machine that is not there any more. In a container its number may be our own: then nobody knows. */
function isDead(owner: string): boolean {
  const [host, pid] = owner.split(" ");
  if (host !== hostname() || Number(pid) === process.pid || !Number(pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
