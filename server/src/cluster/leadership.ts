import type { Logger } from "pino";
import type { ClusterStore } from "../log/index.js";

/** One server at a time leads: it does what has to be done once for all. */
export interface Leadership {
  readonly leads: boolean;
  /** Calls `begin` each time that this server starts to lead, and disposes of what it returned when that ends. */
  whileLeading(begin: () => AsyncDisposable): void;
  /** Stops leading, and lets another one begin at once. */
  close(): Promise<void>;
}

/** Another one leads so many ms after the leader fell silent. */
const LEASE_MS = 8_000;
const RENEW_MS = 2_000;
const NAME = "leader";

export function createLeadership(store: ClusterStore, owner: string, logger: Logger): Leadership {
  const duties: { begin: () => AsyncDisposable; running?: AsyncDisposable | undefined }[] = [];
  /** By `performance.now()`: until then the lease is this server's, if Redis' clock goes as its own. */
  let until = -Infinity;
  let closed = false;
  const leads = () => performance.now() < until;

  const settle = async () => {
    for (const duty of duties) {
      if (leads() && !closed) duty.running ??= duty.begin();
      else {
        const { running } = duty;
        duty.running = undefined;
        await running?.[Symbol.asyncDispose]();
      }
    }
  };
  const renew = async () => {
    const asked = performance.now();
    try {
      if (await store.lease(NAME, owner, LEASE_MS)) until = asked + LEASE_MS;
      else until = -Infinity;
    } catch (error) {
      logger.debug({ err: error }, "could not ask who leads");
    }
    await settle();
  };
  let work: Promise<void> = Promise.resolve();
  const tick = () => {
    work = work
      .then(() => (closed ? undefined : renew()))
      .catch((error: unknown) => {
        logger.warn({ err: error }, "what the leading server does for all failed; it is tried again");
      });
  };
  tick();
  const renewing = setInterval(tick, RENEW_MS).unref();

  return {
    get leads() {
      return leads() && !closed;
    },
    whileLeading(begin) {
      duties.push({ begin });
      tick();
    },
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(renewing);
      await work;
      await settle();
      if (leads()) await store.endLease(NAME, owner).catch(() => {});
    },
  };
}
