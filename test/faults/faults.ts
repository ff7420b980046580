import { setTimeout as delay } from "node:timers/promises";
import { NO_TINY_DISK } from "../support/tiny-disk.js";
import { killClientProcess, type SeenByProcesses } from "./client-process.js";
import type { Commander } from "./commander.js";
import { HOSTILE_FRAMES, sendHostile } from "./hostile.js";
import type { Observer } from "./observer.js";
import type { Random } from "./random.js";
import { UPSTREAM_FAULTS } from "./upstream.js";
import type { World } from "./world.js";

/** What a fault may lay its hands on. */
export interface Scene {
  readonly world: World;
  readonly commander: Commander;
  readonly random: Random;
  /** Runs of this round. */
  readonly runs: readonly string[];
  /** Runs that ended in earlier rounds. */
  readonly past: readonly string[];
  readonly observers: readonly Observer[];
  /** Takes the place of one that died. */
  join(runId: string): void;
  /** Goes on where a client process was killed; what it has seen is looked at with the others'. */
  goOn(rest: () => Promise<SeenByProcesses>): void;
}

/** One thing that goes wrong; resolves once it is over. */
export interface Fault {
  readonly name: string;
  /** How often it is picked, against the others. */
  readonly weight: number;
  inject(scene: Scene): Promise<void>;
}

export const KILL: Fault = {
  name: "kill -9 of the server",
  weight: 0,
  async inject({ world, random }) {
    const again = random.chance(0.15);
    await world.afterEvents(random.int(1, 120), 1_500);
    await world.restart(again);
  },
};

export const TAKE_OVER: Fault = {
  name: "another engine takes the runs over",
  weight: 0,
  async inject({ world, random }) {
    await world.afterEvents(random.int(20, 120), 1_500);
    await world.signal("SIGUSR2");
    await world.afterEvents(60, 2_000);
    // The first engine can't steer what the second one works: a new process has one engine again.
    await world.restart(false);
  },
};

const anyObserver = ({ observers, random }: Scene) => random.pick(observers);
const anyRun = ({ runs, random }: Scene) => random.pick(runs);

export const CLIENT_KILL: Fault = {
  name: "kill -9 of a client process, another goes on",
  weight: 1.5,
  inject: async (scene) => scene.goOn(await killClientProcess(scene.world, anyRun(scene), scene.random.fork())),
};

/** Two clocks of the server differ by minutes or hours, never by seconds: `World.setClock` counts on it. */
const CLOCK_STEP_MS = 120_000;

export const CLOCK_SET: Fault = {
  name: "clock of the server set",
  weight: 1.5,
  inject: ({ world, random }) =>
    world.setClock(random.chance(0.3) ? 0 : random.pick([-1, 1]) * random.int(1, 780) * CLOCK_STEP_MS),
};

/** The server's data lies on a small disk of its own. */
export const DISK_FULL: Fault = {
  name: "disk full",
  weight: 1,
  inject: ({ world, random }) => world.loseStore(random.int(100, 900)),
};

/** With several servers. */
const CUT_OFF: Fault = {
  name: "a server is cut off from Redis",
  weight: 2,
  inject: ({ world, random }) =>
    world.cutOff(random.chance(0.4) ? random.int(6_000, 9_000) : random.int(50, 2_000), random.chance(0.5)),
};

/** Long enough for another server to take its runs over. */
const ZOMBIE: Fault = {
  name: "SIGSTOP of a server until others have its runs, SIGCONT",
  weight: 1,
  inject: ({ world, random }) => world.freeze(random.int(7_000, 10_000)),
};

/** With the log in Redis. */
const REDIS_KILL: Fault = {
  name: "kill -9 of Redis",
  weight: 1,
  inject: ({ world, random }) => world.loseStore(random.int(100, 900)),
};

const faults = (ofStore: readonly Fault[]): readonly Fault[] => [
  { name: "socket destroyed", weight: 4, inject: async (scene) => anyObserver(scene).drop() },
  {
    name: "half-open sockets",
    weight: 2,
    async inject({ world, random }) {
      world.proxy.freeze();
      await delay(random.int(100, 700));
      // Half of the time the network comes back by itself; else the clients give the sockets up.
      if (random.chance(0.5)) world.proxy.cut();
      world.proxy.thaw();
    },
  },
  { name: "slow reader", weight: 2, inject: (scene) => anyObserver(scene).stall(scene.random.int(50, 900)) },
  {
    name: "client gone, another joins late",
    weight: 2,
    async inject(scene) {
      const observer = anyObserver(scene);
      observer.die();
      scene.join(observer.runId);
    },
  },
  {
    name: "SIGSTOP, SIGCONT of the server",
    weight: 2,
    inject: ({ world, random }) => world.freeze(random.int(30, 600)),
  },
  CLIENT_KILL,
  CLOCK_SET,
  ...ofStore,
  ...UPSTREAM_FAULTS.map((fault) => ({
    name: `upstream: ${fault}`,
    weight: 0.8,
    inject: async ({ world }: Scene) => world.upstream.arm(fault),
  })),
  { name: "command: any", weight: 2, inject: (scene) => scene.commander.steer(anyRun(scene)) },
  { name: "command: twice at once", weight: 2, inject: (scene) => scene.commander.duplicate(anyRun(scene)) },
  { name: "command: several at once", weight: 1, inject: (scene) => scene.commander.reorder(anyRun(scene)) },
  { name: "command: answer unheard", weight: 2, inject: (scene) => scene.commander.unheard(anyRun(scene)) },
  {
    name: "command: to a run of the past",
    weight: 1,
    inject: (scene) => scene.commander.steer(scene.past.length > 0 ? scene.random.pick(scene.past) : anyRun(scene)),
  },
  { name: "command: to an unknown run", weight: 0.5, inject: ({ commander }) => commander.toUnknownRun() },
  ...HOSTILE_FRAMES.map((kind) => ({
    name: `hostile frames: ${kind}`,
    weight: 0.6,
    inject: ({ world, random }: Scene) => sendHostile(world, kind, random.fork()),
  })),
];

const OF_FOLDER = faults(NO_TINY_DISK === undefined ? [DISK_FULL] : []);
const OF_REDIS = faults([REDIS_KILL]);
const OF_CLUSTER = faults([REDIS_KILL, CUT_OFF, ZOMBIE]);

/** One of them, by weight. */
export function pickFault(random: Random, redis: boolean, nodes: number): Fault {
  const all = nodes > 1 ? OF_CLUSTER : redis ? OF_REDIS : OF_FOLDER;
  let draw = random.next() * all.reduce((sum, { weight }) => sum + weight, 0);
  return all.find(({ weight }) => (draw -= weight) < 0) ?? random.pick(all);
}
