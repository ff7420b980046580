import { join } from "node:path";
import { openSqliteLog } from "@stagewire/server";
import { formatCursor, type RunEvent } from "@stagewire/shared";
import { describe, expect, test } from "vitest";
import { checkLog } from "../support/check-log.js";
import { startCuttingProxy } from "../support/cutting-proxy.js";
import type { Door, DoorClient, DoorWatch } from "../support/doors/door.js";
import { bring } from "../support/moments.js";
import {
  answerOf,
  endings,
  expectContinuity,
  fold,
  is,
  isEnd,
  isToken,
  of,
  openScene,
  reach,
  type Scene,
  verdict,
} from "../support/scene.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { startServer, temporaryFolder } from "../support/start-server.js";
import { countWatches } from "../support/watches.js";

const MiB = 1_048_576;

/** A server, a run that is scripted by hand, and a client at the door under test. */
interface Visit extends Scene {
  readonly door: DoorClient;
}

/** What every door keeps to, whatever it is made of. */
export function gatewayBehaviours(door: Door): void {
  const visit = async (): Promise<Visit> => {
    const scene = await openScene();
    const client = await door.connect(scene.server.url);
    return {
      ...scene,
      door: client,
      async [Symbol.asyncDispose]() {
        await client[Symbol.asyncDispose]();
        await scene[Symbol.asyncDispose]();
      },
    };
  };

  describe(`${door.name}: a run`, () => {
    test("is started, and started once with one idempotency key", async () => {
      await using scene = await visit();
      const input = { task: "build it", options: { maxRefinements: 1 }, idempotencyKey: "once" };
      const first = await scene.door.start(input);
      expect(first).toEqual({ runId: expect.any(String) as string, created: true });
      expect(await scene.door.start(input)).toEqual({ runId: first.runId, created: false });
      expect(await scene.server.engine.get(first.runId)).toMatchObject({
        task: "build it",
        options: { maxRefinements: 1 },
      });
    });

    test("is watched from its start to its end, event by event as it happens", async () => {
      await using scene = await visit();
      const { runId } = await scene.door.start({ task: "build it" });
      const watch = scene.door.watch(runId);
      const call = await scene.reach("architecture");
      for (const text of ["one ", "two ", "\ud83e", "\udde0 three"]) {
        call.write(text);
        await watch.until(is("token", { text }));
      }
      call.end();
      scene.model.answer(answerOf);
      await watch.ended;
      const view = checkLog(watch.events);
      expect(view).toEqual(await scene.server.engine.get(runId));
      expect(view).toMatchObject({ status: "completed", output: "text of documentation 0" });
      expect(watch.events.at(-1)?.type).toBe("run_complete");
      expect(watch.cursors.at(-1)).toMatchObject({
        cursor: expect.stringMatching(new RegExp(`^\\d+-${view.seq}$`)) as string,
        seq: view.seq,
      });
    });

    test("has the same cursor at every event as in the log, and resumes at each of them", async () => {
      await using folder = await temporaryFolder();
      await using log = await openSqliteLog({ dir: join(folder.path, "log") });
      const { runId, seen } = await twoLives(door, log);
      const entries = await log.read(runId, { after: 0 });
      const epochAt = (seq: number) => entries.find(({ events }) => (events.at(-1)?.seq ?? 0) >= seq)?.epoch ?? 0;
      const cursorAt = (seq: number) => formatCursor({ epoch: epochAt(seq), seq });
      expect(new Set(seen.cursors.map(({ cursor }) => cursor.split("-")[0]))).toEqual(new Set(["1", "2"]));
      for (const { cursor, seq } of seen.cursors) expect(cursor).toBe(cursorAt(seq));

      await using server = await startServer({ log });
      await using client = await door.connect(server.url);
      const view = await server.engine.get(runId);
      expect(fold(seen.events)).toEqual(view);
      for (const { seq } of seen.events) {
        const rest = client.watch(runId, { lastEventId: cursorAt(seq) });
        await rest.ended;
        expectContinuity(rest.events, seq);
        expect(fold(rest.events, fold(seen.events.filter((event) => event.seq <= seq)))).toEqual(view);
        if (seq === view.seq) expect(rest.events).toEqual([]);
      }
    });

    test("without its tokens, and with them again after a resume", async () => {
      await using scene = await visit();
      const { runId } = await scene.door.start({ task: "build it" });
      const stages = scene.door.watch(runId, { detail: "stages" });
      const call = await scene.reach("implementation");
      call.write("unseen");
      await stages.until(is("progress", { phase: "streaming", stage: "implementation" }));
      expect(of(stages.events, "token")).toEqual([]);
      const cursor = stages.cursors.at(-1)?.cursor ?? "";
      const tokens = scene.door.watch(runId, { lastEventId: cursor });
      call.write(" seen");
      await tokens.until((event) => isToken(event) && event.type === "token" && event.text.endsWith("seen"));
      call.end();
      scene.model.answer(answerOf);
      await Promise.all([stages.ended, tokens.ended]);
      expect(of(stages.events, "token")).toEqual([]);
      const view = await scene.server.engine.get(runId);
      expect(checkLog(stages.events)).toEqual(view);
      expect(fold(tokens.events, fold(stages.events.filter(({ seq }) => seq <= seqOf(cursor))))).toEqual(view);
    });

    test("is watched by several, and one who leaves disturbs nobody and is forgotten", async () => {
      await using scene = await visit();
      const open = countWatches(scene.server);
      const { runId } = await scene.door.start({ task: "build it" });
      await using second = await door.connect(scene.server.url);
      const leaving = scene.door.watch(runId);
      const staying = second.watch(runId);
      const call = await scene.reach("architecture");
      call.write("text ");
      await Promise.all([leaving.until(isToken), staying.until(isToken)]);
      expect(open.count).toBe(2);
      leaving.stop();
      await open.until(1);
      call.end();
      scene.model.answer(answerOf);
      const late = scene.door.watch(runId);
      await Promise.all([staying.ended, late.ended]);
      expect(checkLog(late.events)).toEqual(checkLog(staying.events));
      await open.until(0);
      // What was told to one who had left was told to nobody.
      expect(leaving.events.some(isEnd)).toBe(false);
    });
  });

  test(`${door.name}: a reader that stops reading holds nobody up, costs little, and misses nothing`, async () => {
    await using scene = await visit();
    await using proxy = await startCuttingProxy(scene.server.url);
    await using slow = await door.connect(proxy.url);
    const watches = countWatches(scene.server);
    const { runId } = await scene.door.start({ task: "a lot of text" });
    const healthy = scene.door.watch(runId);
    await healthy.until(is("run_start"));
    const stalled = slow.watch(runId);
    const call = await scene.reach("architecture");
    call.write("first ");
    await stalled.until(isToken);
    proxy.freeze();
    const piece = "0123456789abcdef".repeat(16_384);
    for (let sent = 0; sent < 12 * MiB; sent += piece.length) {
      call.write(piece);
      const written = sent + "first ".length + piece.length;
      await healthy.until((event) => event.type === "token" && event.offset + event.text.length >= written);
    }
    call.end();
    scene.model.answer(() => verdict(true));
    await healthy.ended;
    // Some is on its way; the rest was never made for one who does not read.
    expect(watches.texts[1]).toBeLessThan(10 * MiB);
    proxy.thaw();
    await stalled.ended;
    const view = checkLog(stalled.events);
    expect(view).toEqual(checkLog(healthy.events));
  }, 120_000);

  describe(`${door.name}: steering`, () => {
    test("cancel ends the run; the same id acts once, and a closed run says so", async () => {
      await using scene = await visit();
      const { runId, call } = await bring(scene, "implementation, mid-stream");
      const watch = scene.door.watch(runId);
      await watch.until(isToken);
      const cancel = { commandId: "c-1", runId, command: { type: "cancel", when: "now", reason: "enough" } } as const;
      const ack = await scene.door.control(cancel);
      await call?.closed;
      await watch.ended;
      const [control] = of(watch.events, "control");
      expect(ack).toEqual({ commandId: "c-1", outcome: "applied", seq: control?.seq });
      expect(watch.events.slice(-3).map(({ type }) => type)).toEqual(["control", "stage_complete", "run_complete"]);
      expect(watch.events.at(-1)).toMatchObject({ outcome: "cancelled" });
      expect(await scene.door.control(cancel)).toEqual(ack);
      expect(await scene.door.control({ ...cancel, commandId: "c-2" })).toEqual({
        commandId: "c-2",
        outcome: "rejected",
        reason: "run_closed",
      });
    });

    test("skip ends the iteration, and is rejected behind the loop", async () => {
      await using scene = await visit();
      const { runId, call } = await bring(scene, "refinement 1, mid-stream");
      const watch = scene.door.watch(runId);
      const skip = { type: "skip", target: "remaining", when: "now" } as const;
      expect(await scene.door.control({ commandId: "s-1", runId, command: skip })).toMatchObject({
        outcome: "applied",
      });
      await call?.closed;
      const documentation = await scene.reach("documentation");
      expect(await scene.door.control({ commandId: "s-2", runId, command: skip })).toMatchObject({
        outcome: "rejected",
        reason: "already_past",
      });
      documentation.write("done");
      documentation.end();
      await watch.ended;
      expect(endings(watch.events).slice(-2)).toEqual(["refinement 1 skipped", "documentation 0 completed"]);
    });

    test("pause, guide and resume", async () => {
      await using scene = await visit();
      const { runId } = await scene.door.start({ task: "build it" });
      const watch = scene.door.watch(runId);
      const call = await scene.reach("architecture");
      const send = (commandId: string, command: Parameters<DoorClient["control"]>[0]["command"]) =>
        scene.door.control({ commandId, runId, command });
      expect(await send("p", { type: "pause" })).toMatchObject({ outcome: "scheduled" });
      call.end();
      await watch.until(is("progress", { phase: "paused" }));
      expect(await send("g", { type: "guide", text: "in Rust" })).toMatchObject({ outcome: "applied" });
      expect(await send("r", { type: "resume" })).toMatchObject({ outcome: "applied" });
      expect((await scene.reach("implementation")).body.messages.map(({ content }) => content).join()).toContain(
        "in Rust",
      );
      expect(of(watch.events, "control").map(({ command }) => command.type)).toEqual(["pause", "guide", "resume"]);
    });
  });

  describe(`${door.name}: mistakes`, () => {
    test("are told by their code, and the door stays open", async () => {
      await using scene = await visit();
      const { runId } = await bring(scene, "architecture, mid-stream");
      const cancel = { type: "cancel", when: "now" } as const;
      const input = (value: object) => value as Parameters<DoorClient["start"]>[0];
      const command = (value: object) => value as Parameters<DoorClient["control"]>[0];
      for (const [code, message, attempt] of [
        ["INVALID_INPUT", /task/, () => scene.door.start(input({}))],
        ["INVALID_INPUT", /task: it is empty/, () => scene.door.start({ task: "  " })],
        ["INVALID_INPUT", /maxTokenz/, () => scene.door.start(input({ task: "x", options: { maxTokenz: 1 } }))],
        ["PIPELINE_NOT_FOUND", /"destroy"/, () => scene.door.start({ task: "x", pipeline: "destroy" })],
        ["RUN_NOT_FOUND", /"nobody"/, () => scene.door.watch("nobody").ended],
        ["INVALID_INPUT", /run id/, () => scene.door.watch("no.body").ended],
        ["CURSOR_UNRECOVERABLE", /malformed/, () => scene.door.watch(runId, { lastEventId: "yesterday" }).ended],
        ["CURSOR_UNRECOVERABLE", /ends at/, () => scene.door.watch(runId, { lastEventId: "1-9999" }).ended],
        ["CURSOR_UNRECOVERABLE", /history/, () => scene.door.watch(runId, { lastEventId: "7-1" }).ended],
        ["RUN_NOT_FOUND", /"nobody"/, () => scene.door.control({ commandId: "c", runId: "nobody", command: cancel })],
        ["INVALID_INPUT", /command/, () => scene.door.control(command({ commandId: "c", runId, command: {} }))],
        ["INVALID_INPUT", /commandId/, () => scene.door.control(command({ runId, command: cancel }))],
      ] as const) {
        await expect(attempt(), String(attempt)).rejects.toMatchObject({
          code,
          message: expect.stringMatching(message) as string,
        });
      }
      expect(await scene.door.control({ commandId: "c", runId, command: cancel })).toMatchObject({
        outcome: "applied",
      });
    });

    test("what fails inside stays inside", async () => {
      await using scene = await visit();
      const { runId } = await bring(scene, "architecture, mid-stream");
      const broken = () => {
        throw new TypeError(`no such thing in ${process.cwd()}/secret.ts`);
      };
      Object.assign(scene.server.engine, { start: broken, watch: broken });
      for (const attempt of [() => scene.door.start({ task: "x" }), () => scene.door.watch(runId).ended]) {
        await expect(attempt()).rejects.toMatchObject({
          code: "INTERNAL",
          message: expect.not.stringContaining("secret") as string,
        });
      }
    });

    test("a failure in the middle of a watch is told, after what came before", async () => {
      await using scene = await visit();
      const { runId } = await bring(scene, "architecture, mid-stream");
      const { watch } = scene.server.engine;
      Object.assign(scene.server.engine, {
        async *watch(options: Parameters<typeof watch>[0]) {
          for await (const frame of watch(options)) {
            yield frame;
            throw new Error("the disk is gone");
          }
        },
      });
      const told = scene.door.watch(runId);
      await expect(told.ended).rejects.toMatchObject({ code: "INTERNAL" });
      expect(told.events.length).toBeGreaterThan(0);
    });
  });

  test(`${door.name}: at the end of a run there is nothing to watch, and that is said`, async () => {
    await using scene = await visit();
    const { runId, seen } = await bring(scene, "closed");
    const all = scene.door.watch(runId);
    await all.ended;
    const none = scene.door.watch(runId, { lastEventId: all.cursors.at(-1)?.cursor ?? "" });
    await none.ended;
    expect(none.events).toEqual([]);
    expect(all.events.at(-1)).toEqual(seen.events.at(-1));
  });
}

/** A run that is watched at a door, in the middle of which the server stops and another takes it up. */
async function twoLives(door: Door, log: Awaited<ReturnType<typeof openSqliteLog>>) {
  await using model = await startScriptedModel();
  const options = { openaiBaseUrl: model.baseUrl, model: "scripted", log };
  const events: RunEvent[] = [];
  const cursors: { cursor: string; seq: number }[] = [];
  const keep = (watch: DoorWatch) => {
    events.push(...watch.events);
    cursors.push(...watch.cursors);
  };
  let runId = "";
  {
    await using server = await startServer(options);
    await using client = await door.connect(server.url);
    ({ runId } = await client.start({ task: "build it" }));
    const watch = client.watch(runId);
    const call = await reach(model, "implementation");
    for (const text of ["a ", "b ", "c "]) {
      call.write(text);
      await watch.until(is("token", { text }));
    }
    watch.stop();
    keep(watch);
  }
  await using server = await startServer(options);
  await using client = await door.connect(server.url);
  const watch = client.watch(runId, { lastEventId: cursors.at(-1)?.cursor ?? "" });
  const call = await reach(model, "implementation");
  for (const text of ["d ", "e "]) {
    call.write(text);
    await watch.until(is("token", { text }));
  }
  call.end();
  model.answer(answerOf);
  await watch.ended;
  keep(watch);
  return { runId, seen: { events, cursors } };
}

function seqOf(cursor: string): number {
  return Number(cursor.split("-")[1]);
}
