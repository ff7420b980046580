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
  /** Cuts a server off from its Redis for so many ms; `silently`, so that the connections seem to be open. */
  cutOff(ms: number, silently: boolean): Promise<void>;
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

/** What of the campaign's settings makes its world. */
export interface WorldOptions {
  /** Started instead of `stagewire serve`. */
  readonly program?: string;
  /** The log is in a Redis of the campaign's own. */
  readonly redis?: boolean;
  /** Servers on it. @default 1 */
  readonly nodes?: number;
}

/** One server process, and what is done to it one after the other. */
interface Node {
  server: ServerProcess;
  turn: Promise<void>;
  /** False while it is killed and started. */
  serves: boolean;
  /** What its clock was off by since the last kill of any, and is. */
  offsets: number[];
  readonly clock: JumpingClock;
  /** Between it and Redis. */
  readonly network: CuttingProxy | undefined;
  start(): Promise<ServerProcess>;
}

export async function createWorld(tally: Tally, options: WorldOptions): Promise<World> {
  const { program, redis: withRedis = false, nodes: number = 1 } = options;
  const opened = new AsyncDisposableStackLike();
  try {
    const folder = opened.use(await temporaryFolder());
    const redis = withRedis ? opened.use(await startRedis()) : undefined;
    const disk = NO_TINY_DISK === undefined && !redis ? opened.use(mountTinyDisk(DISK_MIB)) : undefined;
    const aimock = opened.use(await startAimock(ANSWERS));
    const upstream = opened.use(await startFaultyUpstream(aimock.baseUrl));
    const startNode = async (index: number): Promise<Node> => {
      const clock = createJumpingClock(join(folder.path, `clock-${index}`));
      const network = redis && opened.use(await startCuttingProxy(redis.url));
      const port = await freePort();
      const start = () =>
        startServerProcess({
          data: join(disk?.dir ?? folder.path, "data"),
          port,
          env: {
            ...PATIENCE,
            ...clock.env,
            OPENAI_BASE_URL: upstream.baseUrl,
            ...(network && { STAGEWIRE_REDIS_URL: network.url.replace("http", "redis") }),
          },
          ...(program !== undefined && { program }),
        });
      const server = await start();
      const node: Node = { server, turn: Promise.resolve(), serves: true, offsets: [0], clock, network, start };
      opened.use({ [Symbol.asyncDispose]: () => node.server.kill() });
      return node;
    };
    const nodes = await Promise.all(Array.from({ length: number }, (_, index) => startNode(index)));
    let connections = 0;
    /** Those that serve take turns: whoever connects again comes to another one. */
    const nextUrl = (): string => {
      const serving = nodes.filter(({ serves }) => serves);
      const all = serving.length > 0 ? serving : nodes;
      return all[connections++ % all.length]?.server.url ?? "";
    };
    const front = number > 1 ? opened.use(await startCuttingProxy(nextUrl)).url : nextUrl();
    const proxy = opened.use(await startCuttingProxy(nextUrl));
    const store = redis
      ? { lose: redis.kill, giveBack: redis.restart }
      : disk && { lose: disk.fill, giveBack: disk.free };
    return assemble({ tally, upstream, proxy, opened, folder: folder.path, store, nodes, url: front });
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

interface Parts {
  readonly tally: Tally;
  readonly url: string;
  readonly upstream: FaultyUpstream;
  readonly proxy: CuttingProxy;
  readonly opened: AsyncDisposableStackLike;
  readonly folder: string;
  readonly store: Store | undefined;
  readonly nodes: readonly Node[];
}

function assemble({ tally, url, upstream, proxy, opened, folder, store, nodes }: Parts): World {
  let lives = 1;
  let killed: { clock: number; readonly unix: number; readonly runs: Set<string> } | undefined;
  /** Runs that have not ended as far as any watcher has seen. */
  const open = new Set<string>();
  /** Faults that keep the store away, and what waits for the last of them. */
  let losses = 0;
  let freed: Promise<void> = Promise.resolve();
  let tellFreed: () => void = () => {};
  /** A server that can't open its log meanwhile says so, and is started again. */
  const startWithRoom = async (node: Node): Promise<ServerProcess> => {
    for (;;) {
      const disturbed = losses > 0;
      try {
        return await node.start();
      } catch (error) {
        const noRoom = disturbed && /disk of .* is full: free some room/.test(String(error));
        // Only a fault makes it go, and it comes back before that fault is over.
        // Redis may go before it is connected to, or right afterwards.
        if (!noRoom && !/can't use the Redis|Redis of the server's run log/.test(String(error))) throw error;
        await freed;
      }
    }
  };
  const waiting = new Set<{ left: number; resolve: () => void }>();
  /** Appended after the kill, by whatever clock of a server. */
  const isNew = ({ at }: RunEvent, since: number) =>
    nodes.flatMap(({ offsets }) => offsets).some((offset) => at - offset > since && at - offset <= Date.now() + 1_000);
  let turns = 0;
  /** Faults go round: each takes the next server. */
  const inTurn = (act: (node: Node) => Promise<void>): Promise<void> => {
    const node = nodes[turns++ % nodes.length] as Node;
    const mine = node.turn.then(() => act(node));
    node.turn = mine.catch(() => {});
    return mine;
  };
  return {
    url,
    folder,
    proxy,
    upstream,
    tally,
    get lives() {
      return lives;
    },
    restart: (again) =>
      inTurn(async (node) => {
        node.serves = false;
        for (let kills = again ? 2 : 1; kills > 0; kills--) {
          lives++;
          killed = { clock: performance.now(), unix: Date.now(), runs: new Set(open) };
          for (const each of nodes) each.offsets = each.offsets.slice(-1);
          await node.server.kill();
          node.server = await startWithRoom(node);
        }
        node.serves = true;
      }),
    freeze: (ms) =>
      inTurn(async ({ server }) => {
        server.signal("SIGSTOP");
        await delay(ms);
        server.signal("SIGCONT");
      }),
    cutOff: (ms, silently) =>
      inTurn(async ({ network }) => {
        if (silently) network?.freeze();
        else network?.down();
        await delay(ms);
        if (silently) network?.thaw();
        else network?.up();
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
      if (killed) killed.clock = performance.now();
    },
    setClock: (offsetMs) =>
      inTurn(async (node) => {
        node.offsets = [...node.offsets, offsetMs];
        node.clock.set(offsetMs, node.server);
      }),
    signal: (signal) => inTurn(({ server }) => Promise.resolve(server.signal(signal))),
    async serving() {
      for (;;) {
        const begun = nodes.map(({ turn }) => turn);
        await Promise.all(begun);
        // What was begun meanwhile, as the next kill, has taken its turn already.
        if (nodes.every(({ turn }, index) => turn === begun[index])) return;
      }
    },
    quiet() {
      killed = undefined;
      open.clear();
    },
    saw(event) {
      tally.events++;
      if (event.type === "run_complete") open.delete(event.runId);
      else open.add(event.runId);
      if (killed && isNew(event, killed.unix)) {
        // With several servers others write on: it is over once each run that was open has been written to.
        killed.runs.delete(event.runId);
        if (nodes.length === 1 || killed.runs.size === 0) {
          tally.recoveryMs.push(performance.now() - killed.clock);
          killed = undefined;
        }
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
