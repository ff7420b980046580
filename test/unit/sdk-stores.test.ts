import type { Ack, Client, ConnectionState, RunEvent, RunSummary } from "@stagewire/client";
import { StagewireProvider, useConnection, useControls, useRun, useRunEvents, useRuns } from "@stagewire/client/react";
import { reduce, type RunView, StagewireError } from "@stagewire/shared";
import * as fc from "fast-check";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { storesOf } from "../../client/sdk/src/stores/client-stores.js";
import { createRunsList } from "../../client/sdk/src/stores/runs-list.js";
import { arbitraryClosedLog } from "../support/arbitrary-log.js";

const [LOG = []] = fc.sample(
  arbitraryClosedLog().filter((log) => log.length > 30),
  1,
);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the store of a run", () => {
  test("folds the run and tells once a batch; the snapshot is stable in between", async () => {
    const fake = fakeClient();
    const store = storesOf(fake.client).run("run");
    expect(store.getSnapshot()).toEqual({ ready: false });
    let told = 0;
    store.subscribe(() => told++);
    await fake.batch(LOG.slice(0, 20));
    expect(told).toBe(1);
    expect(store.getSnapshot()).toMatchObject({ ready: true, view: fold(LOG.slice(0, 20)) });
    expect(store.getSnapshot()).toBe(store.getSnapshot());
    await fake.batch(LOG.slice(20));
    expect(told).toBe(2);
    expect(store.getSnapshot().view).toEqual(fold(LOG));
  });

  test("everybody shares one watch; a remount finds it warm, and it ends some seconds after the last one left", async () => {
    const fake = fakeClient();
    const store = storesOf(fake.client).run("run");
    expect(storesOf(fake.client).run("run")).toBe(store);
    const [first, second] = [store.subscribe(() => undefined), store.subscribe(() => undefined)];
    await fake.batch(LOG.slice(0, 3));
    first();
    second();
    second();
    const again = store.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(fake).toMatchObject({ watches: 1, open: 1 });
    again();
    expect(store.getSnapshot().view?.seq).toBe(3);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(fake).toMatchObject({ watches: 1, open: 0 });
    storesOf(fake.client)
      .run("run")
      .subscribe(() => undefined);
    expect(fake).toMatchObject({ watches: 2, open: 1 });
  });

  test("keeps what it has when the watch ends with an error", async () => {
    const fake = fakeClient();
    const store = storesOf(fake.client).run("run");
    store.subscribe(() => undefined);
    await fake.batch(LOG.slice(0, 3));
    const error = new StagewireError("FORBIDDEN", "not any more");
    await fake.fail(error);
    expect(store.getSnapshot()).toMatchObject({ ready: true, error, view: { seq: 3 } });
  });
});

describe("the store of a run's events", () => {
  test("keeps all of them while somebody looks on, and tells once a batch", async () => {
    const fake = fakeClient();
    const store = storesOf(fake.client).events("run");
    expect(store.getSnapshot()).toEqual({ events: [], ready: false });
    let told = 0;
    const leave = store.subscribe(() => told++);
    await fake.batch(LOG.slice(0, 20));
    const first = store.getSnapshot();
    expect(first).toEqual({ events: LOG.slice(0, 20), ready: true });
    await fake.batch(LOG.slice(20));
    expect(told).toBe(2);
    expect(store.getSnapshot().events).toEqual(LOG);
    expect(first.events).toHaveLength(20);
    leave();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(store.getSnapshot().events).toEqual([]);
    expect(fake.open).toBe(0);
  });

  test("has what came before an error, and the error", async () => {
    const fake = fakeClient();
    const store = storesOf(fake.client).events("run");
    store.subscribe(() => undefined);
    await fake.batch(LOG.slice(0, 3));
    const error = new StagewireError("FORBIDDEN", "not any more");
    await fake.fail(error);
    expect(store.getSnapshot()).toEqual({ events: LOG.slice(0, 3), ready: true, error });
  });
});

describe("the store of all runs", () => {
  test("the list comes first, the feed goes on from there and keeps it fresh, newest first", async () => {
    const fake = fakeClient({ pages: [[summary("b", 2, 5), summary("a", 1, 1)]] });
    const store = storesOf(fake.client).runs;
    store.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(0);
    expect(store.getSnapshot()).toEqual({
      ready: true,
      hasMore: false,
      runs: [summary("b", 2, 5), summary("a", 1, 1)],
    });
    expect(fake.feeds).toEqual(["0-7"]);
    await fake.tell([summary("a", 1, 9), summary("b", 2, 4), summary("c", 3, 3)]);
    expect(store.getSnapshot().runs).toEqual([summary("c", 3, 3), summary("b", 2, 5), summary("a", 1, 9)]);
  });

  test("older runs come a page at a time when asked for, and what changed of them meanwhile is known", async () => {
    const pages = [
      [summary("d", 4, 4), summary("c", 3, 3)],
      [summary("b", 2, 2), summary("a", 1, 1)],
    ];
    const fake = fakeClient({ pages });
    const store = storesOf(fake.client).runs;
    store.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(0);
    expect(store.getSnapshot()).toMatchObject({ hasMore: true, runs: pages[0] });
    await fake.tell([summary("a", 1, 9)]);
    expect(store.getSnapshot().runs).toEqual(pages[0]);
    store.loadMore();
    store.loadMore();
    await vi.advanceTimersByTimeAsync(0);
    expect(store.getSnapshot()).toMatchObject({
      hasMore: false,
      runs: [...(pages[0] ?? []), summary("b", 2, 2), summary("a", 1, 9)],
    });
    store.loadMore();
    expect(fake.lists).toEqual([undefined, "1"]);
  });

  test("a run whose end was written by a clock that is behind has ended all the same, and stays so", async () => {
    const fake = fakeClient({ pages: [[summary("run", 1, 100)]] });
    const store = storesOf(fake.client).runs;
    store.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(0);
    const ended: RunSummary = { ...summary("run", 1, 50), status: "completed" };
    await fake.tell([ended]);
    expect(store.getSnapshot().runs).toEqual([ended]);
    await fake.tell([summary("run", 1, 200)]);
    expect(store.getSnapshot().runs).toEqual([ended]);
  });

  test("a wish made the moment a page is there is heard", async () => {
    const pages = [3, 2, 1].map((at) => [summary(`run${at}`, at, at)]);
    const fake = fakeClient({ pages });
    const store = storesOf(fake.client).runs;
    store.subscribe(() => store.loadMore());
    await vi.advanceTimersByTimeAsync(0);
    expect(store.getSnapshot()).toMatchObject({ hasMore: false, runs: pages.flat() });
  });

  test("a server whose data was replaced is listed anew, and the old list stays until then", async () => {
    const fake = fakeClient({ pages: [[summary("old", 1, 1)]] });
    const store = storesOf(fake.client).runs;
    store.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(0);
    fake.pages.splice(0, 1, [summary("new", 5, 5)]);
    await fake.failFeed(new StagewireError("CURSOR_UNRECOVERABLE", "another log"));
    expect(store.getSnapshot()).toEqual({ ready: true, hasMore: false, runs: [summary("new", 5, 5)] });
    await fake.failFeed(new StagewireError("FORBIDDEN", "not any more"));
    expect(store.getSnapshot()).toMatchObject({ ready: true, error: { code: "FORBIDDEN" }, runs: [{ runId: "new" }] });
  });

  test("runs that the server has deleted leave the list; those that go on, and those further down, stay", async () => {
    const ended = (runId: string, at: number): RunSummary => ({ ...summary(runId, at, at), status: "completed" });
    const older = [ended("older", 0)];
    const fake = fakeClient({ pages: [[ended("c", 4), ended("b", 3), summary("live", 1, 1)], older] });
    const store = storesOf(fake.client).runs;
    store.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(0);
    await fake.tell([ended("new", 9)]);
    fake.pages.splice(0, 2, [ended("c", 4)], older);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(store.getSnapshot().runs.map(({ runId }) => runId)).toEqual(["new", "c", "live"]);
  });

  test("whatever comes in whatever order, the list is what the server has down to the last page, newest first", () => {
    const run = fc.record({ created: fc.integer({ min: 0, max: 9 }), updates: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), fc.gen(), (made, size, gen) => {
        const versions = made.map(({ created, updates }, index) =>
          Array.from({ length: updates }, (_, version) => summary(`run${index}`, created, version)),
        );
        const last = versions.map((each) => each.at(-1)).filter((each) => each !== undefined);
        const sorted = last.toSorted((a, b) => b.createdAt - a.createdAt || (a.runId < b.runId ? 1 : -1));
        const list = createRunsList();
        const changes = versions.flat();
        let listed = 0;
        for (;;) {
          for (let count = gen(fc.nat, { max: 3 }); count > 0 && changes.length > 0; count--) {
            const [change] = changes.splice(gen(fc.nat, { max: changes.length - 1 }), 1);
            if (change) list.change(change);
          }
          const shown = list.read();
          expect(shown.map(({ runId }) => runId)).toEqual(sorted.slice(0, listed).map(({ runId }) => runId));
          expect(list.read()).toBe(shown);
          if (listed >= sorted.length && listed > 0) break;
          const page = sorted.slice(listed, listed + size);
          listed += page.length;
          list.addPage(page, listed >= sorted.length);
          if (sorted.length === 0) break;
        }
        for (const change of changes) list.change(change);
        expect(list.read()).toEqual(sorted);
      }),
    );
  });
});

describe("the store of a run's controls", () => {
  test.each([
    [
      { outcome: "applied", seq: 7 },
      { status: "acknowledged", outcome: "applied", seq: 7 },
    ],
    [
      { outcome: "scheduled", seq: 8 },
      { status: "acknowledged", outcome: "scheduled", seq: 8 },
    ],
    [
      { outcome: "rejected", reason: "run_closed" },
      { status: "rejected", reason: "run_closed" },
    ],
  ] as const)("requested, late after 2 s, then %o", async (ack, expected) => {
    const fake = fakeClient();
    const store = storesOf(fake.client).controls("run");
    const command = { type: "cancel", when: "now" } as const;
    const sending = store.send(command);
    expect(store.getSnapshot()).toMatchObject({ cancel: { status: "requested", late: false, command } });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(store.getSnapshot()).toMatchObject({ cancel: { status: "requested", late: true } });
    fake.acks.shift()?.({ commandId: "id", ...ack });
    await sending;
    expect(store.getSnapshot()).toMatchObject({ cancel: { ...expected, command } });
  });

  test("a new press of the same control takes over; an answer to the old one comes too late", async () => {
    const fake = fakeClient();
    const store = storesOf(fake.client).controls("run");
    const first = store.send({ type: "cancel", when: "after_stage" });
    await vi.advanceTimersByTimeAsync(1);
    const second = store.send({ type: "cancel", when: "now" });
    const [answerFirst, answerSecond] = fake.acks;
    answerFirst?.({ commandId: "1", outcome: "scheduled", seq: 1 });
    await first;
    expect(store.getSnapshot().cancel).toMatchObject({ status: "requested", command: { when: "now" } });
    answerSecond?.({ commandId: "2", outcome: "applied", seq: 2 });
    await second;
    expect(store.getSnapshot().cancel).toMatchObject({ status: "acknowledged", seq: 2 });
  });
});

describe("react", () => {
  test("the hooks render on a server, where nothing is watched", () => {
    const fake = fakeClient();
    function Page() {
      const { ready, view, connection } = useRun("run");
      const shown = [ready, view, connection, useRuns(), useConnection(), useControls("run").states];
      const events = [useRunEvents("run"), useRunEvents(undefined)];
      return createElement("pre", null, JSON.stringify([...shown, ...events]));
    }
    const html = renderToString(createElement(StagewireProvider, { client: fake.client }, createElement(Page)));
    expect(html.replaceAll("&quot;", '"')).toBe(
      '<pre>[false,null,{"status":"idle"},{"runs":[],"ready":false,"hasMore":false},{"status":"idle"},{},{"events":[],"ready":false},{"events":[],"ready":false}]</pre>',
    );
    expect(fake.watches).toBe(0);
  });

  test("a hook without a provider says what is missing", () => {
    const Page = () => createElement("pre", null, useConnection().status);
    expect(() => renderToString(createElement(Page))).toThrow(/no <StagewireProvider/);
  });
});

/** A client whose run, feed and answers the test plays by hand. */
function fakeClient({ pages = [] }: { pages?: RunSummary[][] } = {}) {
  const events = channel<RunEvent>();
  const summaries = channel<RunSummary>();
  const acks: ((ack: Ack) => void)[] = [];
  const state: ConnectionState = { status: "idle" };
  const fake = { watches: 0, open: 0, lists: [] as unknown[], feeds: [] as unknown[] };
  async function* watch(signal: AbortSignal | undefined, onCursor: ((cursor: string) => void) | undefined) {
    try {
      yield* events.read(signal, onCursor);
    } finally {
      fake.open--;
    }
  }
  const client = {
    runs: {
      watch(_: string, { signal, onCursor }: NonNullable<Parameters<Client["runs"]["watch"]>[1]>) {
        fake.watches++;
        fake.open++;
        return watch(signal, onCursor);
      },
      feed({ signal, onCursor, cursor }: NonNullable<Parameters<Client["runs"]["feed"]>[0]>) {
        fake.feeds.push(cursor);
        return summaries.read(signal, onCursor);
      },
      list({ cursor }: { cursor?: string }) {
        fake.lists.push(cursor);
        const at = Number(cursor ?? 0);
        const next = at + 1 < pages.length ? { nextCursor: String(at + 1) } : {};
        return Promise.resolve({ runs: pages[at] ?? [], feedCursor: "0-7", ...next });
      },
      control: () => new Promise<Ack>((resolve) => acks.push(resolve)),
    },
    connection: { state, subscribe: () => () => undefined, retryNow: () => undefined },
  } as unknown as Client;
  return Object.assign(fake, {
    client,
    acks,
    pages,
    batch: (batch: RunEvent[]) => events.push(batch),
    tell: (batch: RunSummary[]) => summaries.push(batch),
    fail: (error: Error) => events.fail(error),
    failFeed: (error: Error) => summaries.fail(error),
  });
}

/** Batches that a test pushes to whoever reads. */
function channel<T>() {
  const queue: (readonly T[] | Error)[] = [];
  let wake: () => void = () => undefined;
  async function put(item: readonly T[] | Error): Promise<void> {
    queue.push(item);
    wake();
    await vi.advanceTimersByTimeAsync(0);
  }
  return {
    push: put,
    fail: put,
    async *read(signal: AbortSignal | undefined, onCursor: ((cursor: string) => void) | undefined) {
      signal?.addEventListener("abort", () => wake());
      for (;;) {
        if (signal?.aborted) return;
        const batch = queue.shift();
        if (batch instanceof Error) throw batch;
        if (batch) {
          yield* batch;
          onCursor?.("1-1");
        } else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

function summary(runId: string, createdAt: number, updatedAt: number): RunSummary {
  return { runId, status: "running", title: runId, pipeline: "build", createdAt, updatedAt };
}

function fold(events: readonly RunEvent[]): RunView | undefined {
  return events.reduce<RunView | undefined>(reduce, undefined);
}
