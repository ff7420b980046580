import { once } from "node:events";
import { WebSocket } from "ws";
import type { Random } from "./random.js";
import type { World } from "./world.js";

/** Kinds of frames that no honest client sends. */
export const HOSTILE_FRAMES = [
  "fuzzed",
  "giant",
  "unknown ids",
  "wrong types",
  "deep nesting",
  "prototype keys",
] as const;
export type HostileFrames = (typeof HOSTILE_FRAMES)[number];

/** More than `maxMessageBytes`. */
const GIANT_BYTES = 1_200_000;
/** How long the answer may take, in ms: far longer than the server is ever stopped. */
const MOST_MS = 30_000;

/** Sends them on a socket of their own. The server must answer, or close with the right code, and serve on. */
export async function sendHostile(world: World, kind: HostileFrames, random: Random): Promise<void> {
  for (;;) {
    const life = world.lives;
    await world.serving();
    const wrong = await attempt(world, framesOf(kind, random), kind === "giant");
    if (wrong === undefined) return;
    // It was killed meanwhile: that is another fault's doing.
    if (world.lives === life) return world.violate({ kind: "other", what: `hostile frames (${kind}): ${wrong}` });
  }
}

/** What went wrong, if anything did. */
async function attempt(world: World, frames: readonly string[], tooLarge: boolean): Promise<string | undefined> {
  const socket = new WebSocket(`${world.url.replace(/^http/, "ws")}/trpc`);
  const answers: string[] = [];
  let answered: () => void = () => {};
  const pong = new Promise<void>((resolve) => (answered = resolve));
  socket.on("message", (data: Buffer) => {
    const text = data.toString("utf8");
    if (text === "PONG") answered();
    else answers.push(text);
  });
  socket.on("error", () => {});
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  const signal = AbortSignal.timeout(MOST_MS);
  try {
    await once(socket, "open", { signal });
    for (const frame of frames) socket.send(frame);
    socket.send("PING");
    const end = await Promise.race([closed, pong.then(() => undefined), once(signal, "abort").then(() => "nothing")]);
    if (tooLarge) return end === 1009 ? undefined : `it ended with ${end ?? "an answer"} and not with 1009`;
    if (end !== undefined) return `${end} came, and no answer`;
    const bad = answers.find((answer) => !isAnswer(answer));
    return bad === undefined ? undefined : `it answered ${bad.slice(0, 300)}`;
  } catch (error) {
    return `it could not be reached: ${String(error)}`;
  } finally {
    socket.terminate();
  }
}

/** JSON with an id, that tells nothing of the server's inside. */
function isAnswer(text: string): boolean {
  try {
    const answer = JSON.parse(text) as { id?: unknown; error?: { data?: object } };
    return "id" in answer && !text.includes('"stack"') && !text.includes("node_modules");
  } catch {
    return false;
  }
}

function framesOf(kind: HostileFrames, random: Random): string[] {
  const control = (input: unknown) =>
    JSON.stringify({ id: 1, method: "mutation", params: { path: "runs.control", input } });
  switch (kind) {
    case "fuzzed":
      return Array.from({ length: 8 }, () =>
        fuzz(control({ commandId: "c", runId: "r", command: { type: "pause" } }), random),
      );
    case "giant":
      return [control({ commandId: "c", runId: "r", command: { type: "guide", text: "x".repeat(GIANT_BYTES) } })];
    case "unknown ids":
      return [
        control({ commandId: "c", runId: "nosuchrun", command: { type: "pause" } }),
        JSON.stringify({
          id: 2,
          method: "subscription",
          params: { path: "runs.events", input: { runId: "nosuchrun" } },
        }),
        JSON.stringify({ id: 99, method: "subscription.stop" }),
        JSON.stringify({ id: 3, method: "query", params: { path: "no.such.procedure" } }),
      ];
    case "wrong types":
      return [
        control({ commandId: 7, runId: ["r"], command: "pause" }),
        control(null),
        JSON.stringify({ id: {}, method: 5, params: [] }),
        JSON.stringify({ id: 4, method: "query", params: { path: "runs.list", input: { limit: "many" } } }),
        JSON.stringify([null, 1, "x", []]),
        "null",
        "17",
      ];
    case "deep nesting": {
      const depth = random.int(1_000, 20_000);
      return [
        `${"[".repeat(depth)}${"]".repeat(depth)}`,
        `{"id":1,"method":"query","params":{"path":"runs.get","input":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}}`,
      ];
    }
    case "prototype keys":
      return [
        '{"id":1,"method":"mutation","params":{"path":"runs.start","input":{"task":"","__proto__":{"task":"x"}}}}',
        '{"id":2,"method":"query","params":{"path":"__proto__"}}',
        '{"id":3,"method":"query","params":{"path":"constructor.prototype"}}',
        '{"id":4,"method":"query","params":{"path":"runs.toString","input":{"__proto__":{"admin":true}}}}',
        '{"id":5,"method":"mutation","params":{"path":"runs.start","input":{"task":" ","options":{"models":{"__proto__":"m"}}}}}',
      ];
    default:
      return kind satisfies never;
  }
}

/** Some characters of it changed, dropped or doubled. */
function fuzz(text: string, random: Random): string {
  const units = [...text];
  for (let changes = random.int(1, 6); changes > 0; changes--) {
    const at = random.int(0, units.length - 1);
    units.splice(at, random.int(0, 3), random.pick(["", "{", '"', "\\", "\u0000", "9e999", "]", ",", "\ud800"]));
  }
  return units.join("");
}
