import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseEvent, type RunEvent } from "@stagewire/shared";
import { checkContinuity, type Seen } from "./check-stream.js";
import type { Random } from "./random.js";
import type { World } from "./world.js";

/** What two processes saw of a run, the second of which went on where the first was killed. */
export interface SeenByProcesses extends Seen {
  readonly runId: string;
  readonly closed: boolean;
}

const PROGRAM = fileURLToPath(new URL("./programs/watching-client.mjs", import.meta.url));
/** How long one may take to read its first event, in ms: then it is killed all the same. */
const MOST_MS = 3_000;
/** No process outlives its round. */
const LIFE_MS = 120_000;

let number = 0;

/** Starts a client process, and kills it while it reads. Resolves with a function that has another one go on from the cursor that it wrote down. */
export async function killClientProcess(
  world: World,
  runId: string,
  random: Random,
): Promise<() => Promise<SeenByProcesses>> {
  const name = `client process ${++number}`;
  const file = join(world.folder, `client-${number}`);
  const first = start(world.url, runId, `${file}-1`);
  await Promise.race([first.reading, delay(MOST_MS)]);
  await world.afterEvents(random.int(1, 60), 800);
  first.kill();
  await first.ended;
  const before = await readLines(`${file}-1`);

  return async () => {
    let { events } = before;
    if (!before.over) {
      const { code, said } = await start(world.url, runId, `${file}-2`, before.cursor).ended;
      if (code !== 0) world.violate({ kind: "lost", what: `${name} ended with ${code}: ${said.slice(-500)}`, runId });
      // What the first one wrote down behind its last cursor, the second one was given again.
      events = [...before.events.slice(0, before.kept), ...(await readLines(`${file}-2`)).events];
    }
    let last = 0;
    for (const [index, event] of events.entries()) {
      const fault = checkContinuity(event, last, events.slice(0, index));
      const around = events.slice(Math.max(0, index - 2), index + 1);
      if (fault) world.violate({ ...fault, what: `${name}: ${fault.what}`, runId, events: around });
      last = Math.max(last, event.seq);
    }
    world.tally.events += events.length;
    await Promise.all([1, 2].map((part) => rm(`${file}-${part}`, { force: true })));
    return { name, runId, detail: "tokens", events, closed: events.at(-1)?.type === "run_complete" };
  };
}

function start(url: string, runId: string, file: string, cursor?: string) {
  const child = spawn(process.execPath, [PROGRAM, url, runId, file, ...(cursor === undefined ? [] : [cursor])], {
    stdio: ["pipe", "pipe", "pipe"],
    timeout: LIFE_MS,
    killSignal: "SIGKILL",
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = once(child, "exit").then(([code]) => ({ code: code as number | null, said }));
  return {
    /** Resolves with its first event, or its end. */
    reading: Promise.race([once(child.stdout, "data"), ended]),
    ended,
    kill: () => void child.kill("SIGKILL"),
  };
}

interface Written {
  readonly events: readonly RunEvent[];
  /** So many of them stand before the last cursor. */
  readonly kept: number;
  readonly cursor: string | undefined;
  readonly over: boolean;
}

/** What a process wrote down. A line that a kill cut off is none. */
async function readLines(file: string): Promise<Written> {
  const text = await readFile(file, "utf8").catch(() => "");
  const events: RunEvent[] = [];
  let kept = 0;
  let cursor: string | undefined;
  let over = false;
  for (const line of text.split("\n").slice(0, -1)) {
    const written = JSON.parse(line) as { event?: unknown; cursor?: string; over?: true };
    const event = written.event === undefined ? undefined : parseEvent(written.event);
    if (event) events.push(event);
    if (written.cursor !== undefined) {
      cursor = written.cursor;
      kept = events.length;
    }
    over ||= written.over === true;
  }
  return { events, kept, cursor, over };
}
