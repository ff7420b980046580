import { setTimeout as delay } from "node:timers/promises";
import { type Client, createClient } from "@stagewire/client";
import { isClosed, type RunEvent } from "@stagewire/shared";
import { checkContinuity, checkRun, checkStream, type Seen } from "./check-stream.js";
import type { SeenByProcesses } from "./client-process.js";
import { type Commander, createCommander } from "./commander.js";
import { type Fault, KILL, pickFault, type Scene, TAKE_OVER } from "./faults.js";
import { observe, type Observer } from "./observer.js";
import { createRandom, type Random } from "./random.js";
import { count, createTally, type Tally } from "./tally.js";
import { createWorld, type World } from "./world.js";

export interface CampaignOptions {
  readonly seed: number;
  /** Ends after so many rounds … */
  readonly rounds?: number;
  /** … or with the round in which this time is over, … */
  readonly minutes?: number;
  /** … but not before so many. @default 1 */
  readonly leastRounds?: number;
  /** Started instead of `stagewire serve`. */
  readonly program?: string;
  /** The program answers SIGUSR2 by a second engine on the same log: have that happen too. */
  readonly takeOvers?: boolean;
  /** The log is in a Redis of the campaign's own, which is killed where a disk would be full. */
  readonly redis?: boolean;
  /** So many servers share that Redis; each connection goes to the next one. @default 1 */
  readonly nodes?: number;
  /** Told after each round. */
  readonly onRound?: (tally: Tally) => void;
}

/** How long the runs of a round may take to end once nothing is done to them any more, in ms. */
const SETTLE_MS = 60_000;
/** After so many ms of them what they have written is looked at. */
const LOOK_AFTER_MS = 5_000;
const FAULTS_A_ROUND = { least: 17, most: 23 };
/** Faults are spread over so many ms. */
const WINDOW_MS = 2_200;

/** Rounds of runs, watchers, commands and faults against a real server; stops after the first round with a violation. */
export async function runCampaign(options: CampaignOptions): Promise<Tally> {
  const tally = createTally();
  const random = createRandom(options.seed);
  const end = performance.now() + (options.minutes ?? Infinity) * 60_000;
  await using world = await createWorld(tally, options);
  const past: string[] = [];
  const { rounds = Infinity, leastRounds = 1 } = options;
  while (tally.rounds < rounds && (tally.rounds < leastRounds || performance.now() < end)) {
    tally.rounds++;
    const injected: string[] = [];
    const observers: Observer[] = [];
    try {
      await playRound(world, random.fork(), past, injected, observers, options);
    } finally {
      // After a violation nobody waits for them any more, and each would come back to a server that is gone for ever.
      for (const observer of observers) observer.die();
    }
    options.onRound?.(tally);
    if (tally.violations.length === 0) continue;
    for (const violation of tally.violations) Object.assign(violation, { round: tally.rounds, faults: injected });
    break;
  }
  return tally;
}

async function playRound(
  world: World,
  random: Random,
  past: string[],
  injected: string[],
  observers: Observer[],
  options: CampaignOptions,
): Promise<void> {
  const { tally } = world;
  const commander = createCommander(world, random.fork());
  const twice = [random.chance(0.3), random.chance(0.3), random.chance(0.3)];
  const started = await Promise.all(twice.map((both) => commander.start(both)));
  const runs = started.filter((runId) => runId !== undefined);
  tally.runs += runs.length;
  if (runs.length === 0) return;

  const join = (runId: string, url = world.url, detail: "tokens" | "stages" = "tokens") => {
    const name = `watcher ${observers.length + 1}`;
    observers.push(observe(world, { name, runId, url, detail, random: random.fork() }));
  };
  for (const runId of runs) {
    join(runId);
    join(runId, world.proxy.url, random.chance(0.3) ? "stages" : "tokens");
  }
  await using client = createClient({ url: world.url, silenceMs: 4_000, maxRetryDelayMs: 200 });
  const viaSdk = runs.slice(0, 1).map((runId) => observeBySdk(world, client, runId));

  const processes: Promise<SeenByProcesses>[] = [];
  const goOn: Scene["goOn"] = (rest) => void processes.push(rest());
  const scene: Scene = { world, commander, random: random.fork(), runs, past, observers, join, goOn };
  const faults = plan(random, options);
  await Promise.all(
    faults.map(async ({ fault, atMs }) => {
      await delay(atMs);
      injected.push(fault.name);
      count(tally.faults, fault.name);
      await fault.inject(scene);
    }),
  );
  world.upstream.disarm();
  await settle(world, commander, observers);
  world.quiet();
  if (tally.violations.length > 0) return;
  // Now also one that was never there, who sees what the log has kept.
  const first = observers.length;
  for (const runId of runs) join(runId);
  await settle(world, commander, observers.slice(first));
  if (tally.violations.length > 0) return;
  const alone = [...viaSdk, ...processes];
  const bySdk = (await within(SETTLE_MS, Promise.all(alone))) ?? [];
  if (bySdk.length < alone.length) world.violate({ kind: "lost", what: "a watch of the SDK did not end" });
  for (const runId of runs) await examine(world, commander, runId, [...observers, ...bySdk]);
  past.push(...runs);
}

function plan(
  random: Random,
  { takeOvers = false, redis = false, nodes = 1 }: CampaignOptions,
): { fault: Fault; atMs: number }[] {
  const at = () => random.int(0, WINDOW_MS);
  const faults = Array.from({ length: random.int(FAULTS_A_ROUND.least, FAULTS_A_ROUND.most) }, () => ({
    fault: pickFault(random, redis, nodes),
    atMs: at(),
  }));
  for (let kills = random.int(2, 3); kills > 0; kills--) faults.push({ fault: KILL, atMs: at() });
  if (takeOvers) faults.push({ fault: TAKE_OVER, atMs: random.int(0, 300) });
  return faults;
}

/** Until every watcher that is still there has seen its run end. Paused runs are resumed. */
async function settle(world: World, commander: Commander, observers: readonly Observer[]): Promise<void> {
  const waiting = () => observers.filter((observer) => !observer.gone && !observer.closed);
  for (const end = performance.now() + SETTLE_MS; waiting().length > 0;) {
    if (world.tally.violations.length > 0) return;
    if (performance.now() > end) {
      for (const { name, connection, runId, events } of waiting()) {
        const what = `${name} has not seen its run end (${connection})`;
        world.violate({ kind: "lost", what, runId, events: events.slice(-3) });
      }
      return;
    }
    // A run that never ends has its reason somewhere in its log.
    if (performance.now() > end - SETTLE_MS + LOOK_AFTER_MS) {
      for (const observer of waiting()) {
        const [fault] = checkStream(observer, true);
        const { name, runId } = observer;
        if (fault) world.violate({ kind: "other", ...fault, what: `${name}: ${fault.what}`, runId });
      }
    }
    for (const runId of new Set(waiting().map((observer) => observer.runId))) await commander.resume(runId);
    await within(150, Promise.all(waiting().map(({ over }) => over)));
  }
}

/** Everything that can be said about a run once it has ended. */
async function examine(world: World, commander: Commander, runId: string, all: readonly SeenRun[]): Promise<void> {
  const { tally } = world;
  await commander.repeat(runId);
  const answer = await commander.requests.get(runId);
  if (!answer.ok) return world.violate({ kind: "lost", what: `runs.get: ${answer.message}`, runId });
  const view = answer.data;
  if (!isClosed(view)) return world.violate({ kind: "other", what: `runs.get says ${view.status}`, runId });
  count(tally.outcomes, view.status);
  const acks = commander.acks.get(runId) ?? [];
  tally.acks += acks.length;
  const seen = all.filter((one) => one.runId === runId && one.closed);
  for (const violation of checkRun(view, seen, acks)) world.violate(violation);
}

/** `undefined` when it takes longer. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  try {
    return await Promise.race([promise, delay(ms, undefined, timer).catch(() => undefined)]);
  } finally {
    timer.abort();
  }
}

interface SeenRun extends Seen {
  readonly runId: string;
  readonly closed: boolean;
}

/** One who leaves reconnecting and resuming to the SDK. */
async function observeBySdk(world: World, client: Client, runId: string): Promise<SeenRun> {
  const events: RunEvent[] = [];
  const name = "watcher of the SDK";
  let last = 0;
  try {
    for await (const event of client.runs.watch(runId)) {
      const fault = checkContinuity(event, last, events);
      if (fault)
        world.violate({ ...fault, what: `${name}: ${fault.what}`, runId, events: [...events.slice(-2), event] });
      events.push(event);
      last = event.seq;
      world.saw(event);
    }
  } catch (error) {
    world.violate({ kind: "lost", what: `${name}: ${String(error)}`, runId, events: events.slice(-3) });
  }
  return { name, runId, detail: "tokens", events, closed: events.at(-1)?.type === "run_complete" };
}
