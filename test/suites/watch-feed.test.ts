import type { RunSummary } from "@stagewire/shared";
import { expect, test } from "vitest";
import { openBareEngine } from "../support/engine.js";
import { bring } from "../support/moments.js";
import { is, isEnd, openScene, type Scene, verdict } from "../support/scene.js";

/** Every frame of a feed, and a way to wait for what it shows. */
function openFeed(scene: Scene, lastEventId?: string) {
  const latest = new Map<string, RunSummary>();
  const frames: { cursor: string; runs: RunSummary[] }[] = [];
  let look: () => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    const subscription = scene.client.trpc.runs.feed.subscribe(lastEventId === undefined ? {} : { lastEventId }, {
      onData({ id, data }) {
        frames.push({ cursor: id, runs: [...data] });
        for (const summary of data) latest.set(summary.runId, summary);
        look();
      },
      onError: reject,
    });
    void subscription;
  });
  failed.catch(() => {});
  return {
    latest,
    frames,
    failed,
    /** Resolves once the feed has shown this. */
    async shows(holds: () => boolean): Promise<void> {
      while (!holds()) {
        const changed = new Promise<void>((resolve) => {
          look = resolve;
        });
        await Promise.race([changed, failed]);
      }
    },
  };
}

test("the feed tells every run first, then the latest of what changes, and goes on by cursor", async () => {
  await using scene = await openScene();
  const first = await bring(scene, "closed");
  const second = await scene.start({}, "a second task\nwith details");
  const call = await scene.reach("architecture");
  const feed = openFeed(scene);
  await feed.shows(() => feed.latest.size === 2);
  expect(feed.latest.get(first.runId)).toMatchObject({ status: "cancelled" });
  expect(feed.latest.get(second.runId)).toMatchObject({ title: "a second task", pipeline: "build" });
  await feed.shows(() => feed.latest.get(second.runId)?.stage === "architecture");

  const cursor = feed.frames.at(-1)?.cursor;
  const third = await scene.start({}, "third");
  await feed.shows(() => feed.latest.has(third.runId));
  call.end();
  scene.model.answer(() => verdict(true));
  await Promise.all([second.seen.until(isEnd), third.seen.until(isEnd)]);
  const done = () => [second, third].every(({ runId }) => feed.latest.get(runId)?.status === "completed");
  await feed.shows(done);
  for (const { runs } of feed.frames) expect(new Set(runs.map(({ runId }) => runId)).size).toBe(runs.length);

  const resumed = openFeed(scene, cursor);
  await resumed.shows(() => resumed.latest.size === 2);
  expect([...resumed.latest.keys()].toSorted()).toEqual([second.runId, third.runId].toSorted());
  expect(resumed.latest.get(third.runId)).toEqual(feed.latest.get(third.runId));
  const { runs, feedCursor } = await scene.client.trpc.runs.list.query();
  expect(new Map(runs.map((run) => [run.runId, run]))).toEqual(feed.latest);
  expect(feedCursor).toBe(feed.frames.at(-1)?.cursor);
});

test.each(["nonsense", "0-99999999", "3-1"])("a feed cursor %s is an error that names it", async (lastEventId) => {
  await using scene = await openScene();
  await bring(scene, "architecture");
  await expect(openFeed(scene, lastEventId).failed).rejects.toMatchObject({
    message: expect.stringContaining(lastEventId) as string,
    data: { reason: "CURSOR_UNRECOVERABLE" },
  });
});

test("lists page by page, newest first, and by status", async () => {
  await using scene = await openScene();
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) ids.unshift((await bring(scene, n % 2 === 0 ? "closed" : "architecture")).runId);
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await scene.client.trpc.runs.list.query({ limit: 2, ...(cursor !== undefined && { cursor }) });
    pages.push(page.runs.map(({ runId }) => runId));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  expect(pages.flat()).toEqual(ids);
  expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
  const { runs } = await scene.client.trpc.runs.list.query({ status: "cancelled" });
  expect(runs.map(({ runId }) => runId)).toEqual(ids.filter((_, index) => index % 2 === 0));
});

test("who leaves leaves nothing behind: no listener on the log", async () => {
  let listeners = 0;
  const counted = (unsubscribe: () => void) => {
    let on = true;
    listeners++;
    return () => {
      if (on) listeners--;
      on = false;
      unsubscribe();
    };
  };
  await using bare = await openBareEngine({
    wrap:
      (name, method) =>
      (...args) =>
        name.startsWith("subscribe") ? counted(method(...args) as () => void) : method(...args),
  });
  const { engine, runId } = bare;
  // The engine itself listens to changes, for retention.
  const own = listeners;
  expect(own).toBe(1);
  const leaving = new AbortController();
  const { signal } = leaving;
  for await (const { events } of engine.watch({ runId, signal })) {
    expect(listeners).toBe(own + 1);
    if (events.some(is("stage_start"))) break;
  }
  expect(listeners).toBe(own);

  const aborted = (async () => {
    for await (const frame of engine.watch({ runId, signal })) expect(frame.events.length).toBeGreaterThan(0);
  })();
  const fed = (async () => {
    for await (const frame of engine.feed({ signal })) expect(frame.runs.length).toBeGreaterThan(0);
  })();
  await engine.control({ commandId: "hello", runId, command: { type: "guide", text: "x" } }, "local");
  expect(listeners).toBe(own + 2);
  leaving.abort();
  await Promise.all([aborted, fed]);
  await expect(engine.watch({ runId, cursor: "1-9999", signal: new AbortController().signal }).next()).rejects.toThrow(
    /CURSOR|can't be served/,
  );
  expect(listeners).toBe(own);
  await engine.close();
  expect(listeners).toBe(0);
});
