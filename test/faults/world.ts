import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { RunEvent } from "@stagewire/shared";
import { type AimockAnswer, startAimock } from "../support/aimock-process.js";
import { approvingReview } from "../support/answers.js";
import { type CuttingProxy, startCuttingProxy } from "../support/cutting-proxy.js";
import { createJumpingClock, type JumpingClock } from "../support/jumping-clock.js";
import { freePort, type ServerProcess, startServerProcess } from "../support/server-process.js";
import { startRedis } from "../support/redis-server.js";
import { temporaryFolder } from "../support/start-server.js";
import { mountTinyDisk, NO_TINY_DISK } from "../support/tiny-disk.js";
import type { Tally, Violation } from "./tally.js";
import { type FaultyUpstream, startFaultyUpstream } from "./upstream.js";

/** The server under test with everything around it: its model's server, and a proxy in front of it. */
export interface World extends AsyncDisposable {
  /** Stays the same over restarts. */
  readonly url: string;
  readonly proxy: CuttingProxy;
  readonly upstream: FaultyUpstream;
  readonly tally: Tally;
  /** For what a fault has to write down. */
  readonly folder: string;
  /** Grows with every kill: whoever finds it changed has an excuse. */
  readonly lives: number;
  /** kill -9, and a new server on the same data. `again` kills that one too, as soon as it serves. */
  restart(again: boolean): Promise<void>;
  /** SIGSTOP, and SIGCONT after so many ms. */
  freeze(ms: number): Promise<void>;
  /** Takes all room on the disk of the server's data, or kills its Redis; all is well again after so many ms. */
  loseStore(ms: number): Promise<void>;
  /** The server's wall clock is off by so many ms from now on, over restarts too; 0 sets it right. */
  setClock(offsetMs: number): Promise<void>;
  /** Sends the server's program a signal that it knows. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Resolves once nothing that was begun is under way: the server runs. */
  serving(): Promise<void>;
  /** To be told when no run is open any more: a kill that nothing followed is not measured. */
  quiet(): void;
  /** To be told each event as it comes. */
  saw(event: RunEvent): void;
  /** Resolves after so many further events, or ms, whatever is first. */
  afterEvents(number: number, mostMs: number): Promise<void>;
  violate(violation: Violation): void;
}

/** Short waits: a fault must not take the time of ten others. */
const PATIENCE = {
  STAGEWIRE_MODEL: "aimock",
  STAGEWIRE_STALL_TIMEOUT_MS: "900",
  STAGEWIRE_FIRST_TOKEN_TIMEOUT_MS: "2000",
  STAGEWIRE_MAX_ATTEMPTS: "8",
  STAGEWIRE_LOG_LEVEL: "silent",
};

/** Tasks that hold this get reviews which never approve, so that they are refined as often as they may. */
export const REFINE = "[refine]";

/** Room for a long campaign, and little enough to be filled in a moment. */
const DISK_MIB = 64;

const PACE = { chunkSize: 12, streamingProfile: { ttft: 20, tps: 60 } } as const;
const ANSWERS: AimockAnswer[] = [
  {
    when: { system: "End the answer with the verdict", user: REFINE },
    response: { content: approvingReview(false) },
    ...PACE,
  },
  { when: { system: "End the answer with the verdict" }, response: { content: approvingReview(true) }, ...PACE },
  { response: { content: "Pairs 👩‍👩‍👧‍👦, marks é, and 日本語. ".repeat(7) }, ...PACE },
];

/** What keeps the server's log, as far as a fault can take it away. */
interface Store {
  lose(): Promise<void> | void;
  giveBack(): Promise<void> | void;
}

/** `program` is started instead of `stagewire serve`; with `redis` its log is in a Redis of the campaign's own. */
export async function createWorld(tally: Tally, program?: string, withRedis = false): Promise<World> {
  const opened = new AsyncDisposableStackLike();
  try {
    const folder = opened.use(await temporaryFolder());
    const redis = withRedis ? opened.use(await startRedis()) : undefined;
    const disk = NO_TINY_DISK === undefined && !redis ? opened.use(mountTinyDisk(DISK_MIB)) : undefined;
    const clock = createJumpingClock(join(folder.path, "clock"));
    const aimock = opened.use(await startAimock(ANSWERS));
    const upstream = opened.use(await startFaultyUpstream(aimock.baseUrl));
    const port = await freePort();
    const start = () =>
      startServerProcess({
        data: join(disk?.dir ?? folder.path, "data"),
        port,
        env: {
          ...PATIENCE,
          ...clock.env,
          OPENAI_BASE_URL: upstream.baseUrl,
          ...(redis && { STAGEWIRE_REDIS_URL: redis.url }),
        },
        ...(program !== undefined && { program }),
      });
    let server: ServerProcess = await start();
    opened.use({ [Symbol.asyncDispose]: () => server.kill() });
    const proxy = opened.use(await startCuttingProxy(server.url));
    return assemble({
      tally,
      upstream,
      proxy,
      start,
      opened,
      folder: folder.path,
      store: redis ? { lose: redis.kill, giveBack: redis.restart } : disk && { lose: disk.fill, giveBack: disk.free },
      clock,
      current: () => server,
      replace: (next) => (server = next),
    });
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

interface Parts {
  readonly tally: Tally;
  readonly upstream: FaultyUpstream;
  readonly proxy: CuttingProxy;
  readonly opened: AsyncDisposableStackLike;
  readonly folder: string;
  readonly store: Store | undefined;
  readonly clock: JumpingClock;
  start(): Promise<ServerProcess>;
  current(): ServerProcess;
  replace(next: ServerProcess): void;
}

function assemble({ tally, upstream, proxy, opened, folder, store, clock, start, current, replace }: Parts): World {
  let lives = 1;
  /** What is done to the process is done one after the other. */
  let turn: Promise<void> = Promise.resolve();
  let killedAt: { clock: number; unix: number } | undefined;
  /** What the server's clock was off by since the last kill, and is. */
  let offsets = [0];
  /** Faults that keep the store away, and what waits for the last of them. */
  let losses = 0;
  let freed: Promise<void> = Promise.resolve();
  let tellFreed: () => void = () => {};
  /** A server that can't open its log meanwhile says so, and is started again. */
  const startWithRoom = async (): Promise<ServerProcess> => {
    for (;;) {
      const disturbed = losses > 0;
      try {
        return await start();
      } catch (error) {
        const noRoom = disturbed && /disk of .* is full: free some room/.test(String(error));
        // Only a fault makes it go, and it comes back before that fault is over.
        if (!noRoom && !/can't use the Redis/.test(String(error))) throw error;
        await freed;
      }
    }
  };
  const waiting = new Set<{ left: number; resolve: () => void }>();
  /** Appended after the kill, by whatever clock of the server. */
  const isNew = ({ at }: RunEvent, since: number) =>
    offsets.some((offset) => at - offset > since && at - offset <= Date.now() + 1_000);
  const inTurn = (act: () => Promise<void>): Promise<void> => {
    const mine = turn.then(act);
    turn = mine.catch(() => {});
    return mine;
  };
  return {
    url: current().url,
    folder,
    proxy,
    upstream,
    tally,
    get lives() {
      return lives;
    },
    restart: (again) =>
      inTurn(async () => {
        for (let kills = again ? 2 : 1; kills > 0; kills--) {
          lives++;
          killedAt = { clock: performance.now(), unix: Date.now() };
          offsets = offsets.slice(-1);
          await current().kill();
          replace(await startWithRoom());
        }
      }),
    freeze: (ms) =>
      inTurn(async () => {
        current().signal("SIGSTOP");
        await delay(ms);
        current().signal("SIGCONT");
      }),
    async loseStore(ms) {
      if (!store) return;
      if (losses++ === 0) freed = new Promise((resolve) => (tellFreed = resolve));
      await store.lose();
      await delay(ms);
      if (--losses > 0) return;
      await store.giveBack();
      tellFreed();
      // Nothing can be appended to a store that is away: the time to recover counts from here.
      if (killedAt) killedAt = { ...killedAt, clock: performance.now() };
    },
    setClock: (offsetMs) =>
      inTurn(async () => {
        offsets = [...offsets, offsetMs];
        clock.set(offsetMs, current());
      }),
    signal: (signal) => inTurn(() => Promise.resolve(current().signal(signal))),
    serving: () => turn,
    quiet() {
      killedAt = undefined;
    },
    saw(event) {
      tally.events++;
      if (killedAt && isNew(event, killedAt.unix)) {
        tally.recoveryMs.push(performance.now() - killedAt.clock);
        killedAt = undefined;
      }
      for (const one of waiting) {
        if (--one.left > 0) continue;
        waiting.delete(one);
        one.resolve();
      }
    },
    async afterEvents(number, mostMs) {
      const timer = new AbortController();
      const enough = new Promise<void>((resolve) => waiting.add({ left: number, resolve }));
      await Promise.race([enough, delay(mostMs, undefined, timer).catch(() => {})]);
      timer.abort();
    },
    violate: (violation) => void tally.violations.push(violation),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

/** Node 20 has no `AsyncDisposableStack`. */
class AsyncDisposableStackLike implements AsyncDisposable {
  readonly #opened: AsyncDisposable[] = [];

  use<T extends AsyncDisposable>(value: T): T {
    this.#opened.push(value);
    return value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const value of this.#opened.splice(0).toReversed()) await value[Symbol.asyncDispose]();
  }
}
