import { describe, expect, test } from "vitest";
import { appendTokens, complete, createRun } from "./run-log-support.js";
import type { LogFixture } from "./run-log-support.js";

export function placeBehaviours(open: () => Promise<LogFixture>): void {
  describe("places of readers", () => {
    test("what was kept is there, also after a reopen; each reader has its own", async () => {
      await using fixture = await open();
      const { log } = fixture;
      expect(await log.place("a")).toBeUndefined();
      await log.keepPlace({ reader: "a", revision: 0, runs: new Map() });
      expect(await log.place("a")).toEqual({ revision: 0, runs: new Map() });
      await log.keepPlace({
        reader: "a",
        revision: 7,
        runs: new Map([
          ["one", 0],
          ["two", 12],
        ]),
      });
      await log.keepPlace({ reader: "b", revision: 3, runs: new Map([["one", 5]]) });
      for (const reopened of [false, true]) {
        const from = reopened ? await fixture.reopen() : log;
        const runs = new Map([
          ["one", 0],
          ["two", 12],
        ]);
        expect(await from.place("a")).toEqual({ revision: 7, runs });
        expect(await from.place("b")).toEqual({ revision: 3, runs: new Map([["one", 5]]) });
        expect(await from.place("c")).toBeUndefined();
      }
    });

    test("a change names what changes: other runs stay, those that are done are forgotten", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await log.keepPlace({
        reader: "a",
        revision: 7,
        runs: new Map([
          ["one", 1],
          ["two", 2],
          ["three", 3],
        ]),
      });
      await log.keepPlace({ reader: "a", revision: 9, runs: new Map([["two", 20]]), done: ["one", "unknown"] });
      const runs = new Map([
        ["two", 20],
        ["three", 3],
      ]);
      expect(await log.place("a")).toEqual({ revision: 9, runs });
      expect(await (await fixture.reopen()).place("a")).toEqual({ revision: 9, runs });
    });

    test("changes are kept in the order of their calls, as their maps were at the call", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const runs = new Map([["one", 0]]);
      const kept: Promise<void>[] = [];
      for (let seq = 1; seq <= 50; seq++) {
        runs.set("one", seq);
        kept.push(log.keepPlace({ reader: "a", revision: seq, runs }));
      }
      runs.clear();
      await Promise.all(kept);
      expect(await log.place("a")).toEqual({ revision: 50, runs: new Map([["one", 50]]) });
    });

    test("a place changes nothing of the runs, their feed and their deletion, nor these the place", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      await appendTokens(log, "a", 2, 3);
      const revision = await log.revision();
      const heard: unknown[] = [];
      log.subscribeChanges((change) => heard.push(change));
      await log.keepPlace({ reader: "r", revision, runs: new Map([["a", 3]]) });
      expect(heard).toEqual([]);
      expect(await log.revision()).toBe(revision);
      expect(await log.head("a")).toMatchObject({ seq: 3 });
      await log.append({ runId: "a", epoch: 1, events: [complete("a", 4)] });
      await log.compact({ runId: "a", epoch: 1 });
      await log.delete("a");
      expect(await log.place("r")).toEqual({ revision, runs: new Map([["a", 3]]) });
    });
  });
}
