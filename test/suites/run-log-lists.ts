import type { ListInput, RunSummary } from "@stagewire/shared";
import { listInputSchema } from "@stagewire/shared";
import { describe, expect, test } from "vitest";
import type { FeedChange, RunLog } from "../../server/src/log/index.js";
import { appendTokens, complete, createRun, summaryOf } from "./run-log-support.js";
import type { LogFixture } from "./run-log-support.js";

export function listBehaviours(open: () => Promise<LogFixture>): void {
  describe("list", () => {
    test("newest first", async () => {
      await using fixture = await open();
      const { log } = fixture;
      for (const [runId, createdAt] of [
        ["b", 20],
        ["c", 30.5],
        ["a", 10],
        ["d", 30],
      ] as const) {
        await createRun(log, runId, { summary: summaryOf(runId, { createdAt }) });
      }
      expect((await log.list({})).runs.map((run) => run.runId)).toEqual(["c", "d", "b", "a"]);
    });

    test("pages over 500 runs of the same moment hold each run once, new ones in between do not shift them", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const runs = Array.from({ length: 500 }, (_, index) => `run-${(index * 7919) % 500}`);
      await Promise.all(runs.map((runId) => createRun(log, runId)));
      const pages = await listPages(log, { limit: 60 }, async (page) => {
        await createRun(log, `new-${page}`, { summary: summaryOf(`new-${page}`, { createdAt: 1_900_000_000_000 }) });
      });
      expect(pages.map((page) => page.length)).toEqual([60, 60, 60, 60, 60, 60, 60, 60, 20]);
      expect(
        pages
          .flat()
          .map((run) => run.runId)
          .toSorted(),
      ).toEqual(runs.toSorted());
    });

    test("a last page that is full has no next page", async () => {
      await using fixture = await open();
      const { log } = fixture;
      for (const runId of ["a", "b", "c", "d"]) await createRun(log, runId);
      expect((await listPages(log, { limit: 2 })).map((page) => page.length)).toEqual([2, 2]);
      expect(await log.list({ limit: 4 })).not.toHaveProperty("nextCursor");
    });

    test("the longest run id still gives a cursor that the protocol takes", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const runs = ["x".repeat(64), "y".repeat(64), "_-".repeat(32)];
      for (const runId of runs) {
        await createRun(log, runId, { summary: summaryOf(runId, { createdAt: 1_795_358_243_598.123 }) });
      }
      const pages = await listPages(log, { limit: 1 });
      expect(
        pages
          .flat()
          .map((run) => run.runId)
          .toSorted(),
      ).toEqual(runs.toSorted());
    });

    test("a status filter follows the summaries, over pages too", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const runs = Array.from({ length: 30 }, (_, index) => `run-${String(index).padStart(2, "0")}`);
      await Promise.all(runs.map((runId) => createRun(log, runId)));
      const paused = runs.filter((_, index) => index % 3 === 0);
      for (const runId of paused) {
        await appendTokens(log, runId, 2, 2, { summary: summaryOf(runId, { status: "paused" }) });
      }
      const pages = await listPages(log, { limit: 4, status: "paused" });
      expect(
        pages
          .flat()
          .map((run) => run.runId)
          .toSorted(),
      ).toEqual(paused);
      expect(new Set(pages.flat().map((run) => run.status))).toEqual(new Set(["paused"]));
      expect((await listPages(log, { limit: 7, status: "running" })).flat()).toHaveLength(20);
      expect((await log.list({ status: "failed" })).runs).toEqual([]);
    });

    test("a malformed cursor is INVALID_INPUT", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      for (const cursor of ["", "nonsense", "0-0", "💥", "' OR 1=1 --", "9".repeat(100)]) {
        await expect(log.list({ cursor })).rejects.toMatchObject({ code: "INVALID_INPUT" });
      }
    });

    test("openRuns: those without run_complete, oldest first, also after a reopen", async () => {
      await using fixture = await open();
      const ages = [
        ["b", 20],
        ["c", 30],
        ["a", 10],
        ["d", 40],
      ] as const;
      for (const [runId, createdAt] of ages) {
        await createRun(fixture.log, runId, { summary: summaryOf(runId, { createdAt }) });
      }
      expect(await fixture.log.openRuns()).toEqual(["a", "b", "c", "d"]);
      await fixture.log.append({ runId: "b", epoch: 1, events: [complete("b", 2)] });
      const log = await fixture.reopen();
      expect(await log.openRuns()).toEqual(["a", "c", "d"]);
    });
  });

  describe("changes", () => {
    test("an empty log is at revision 0 and has no changes", async () => {
      await using fixture = await open();
      const { log } = fixture;
      expect(await log.revision()).toBe(0);
      expect(await log.changes(0, 10)).toEqual([]);
    });

    test("the latest change of each run, in order, from any revision", async () => {
      await using fixture = await open();
      const { log } = fixture;
      for (const runId of ["a", "b", "c"]) await createRun(log, runId);
      const start = await log.revision();
      await appendTokens(log, "a", 2, 2, { summary: summaryOf("a", { fraction: 0.1 }) });
      await appendTokens(log, "c", 2, 2, { summary: summaryOf("c", { fraction: 0.2 }) });
      await appendTokens(log, "a", 3, 3, { summary: summaryOf("a", { fraction: 0.3 }) });
      expect((await log.changes(0, 10)).map(line)).toEqual(["b undefined", "c 0.2", "a 0.3"]);
      expect((await log.changes(start, 10)).map(line)).toEqual(["c 0.2", "a 0.3"]);
      expect((await log.changes(start, 1)).map(line)).toEqual(["c 0.2"]);
      expect(await log.changes(await log.revision(), 10)).toEqual([]);
      expect((await log.changes(0, 10)).at(-1)?.revision).toBe(await log.revision());
    });

    test("a change replaces the summary as a whole; an append without one changes nothing", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a", { summary: summaryOf("a", { stage: "architecture", etaMs: 5 }) });
      await appendTokens(log, "a", 2, 2, { summary: summaryOf("a", { updatedAt: 7 }) });
      const revision = await log.revision();
      await appendTokens(log, "a", 3, 3);
      expect(await log.revision()).toBe(revision);
      expect(await log.summary("a")).toEqual(summaryOf("a", { updatedAt: 7 }));
      expect((await log.list({})).runs).toEqual([summaryOf("a", { updatedAt: 7 })]);
    });

    test("a feed that listens, then reads, ends with every run's last summary", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const runs = Array.from({ length: 20 }, (_, index) => `run-${index}`);
      await Promise.all(runs.map((runId) => createRun(log, runId)));
      const heard: FeedChange[] = [];
      const unsubscribe = log.subscribeChanges((change) => heard.push(change));
      const before = await log.changes(0, 100);
      for (let seq = 2; seq <= 11; seq++) {
        await Promise.all(
          runs.flatMap((runId) => [
            appendTokens(log, runId, 2 * seq - 2, 2 * seq - 2, { summary: summaryOf(runId, { etaMs: 2 * seq }) }),
            appendTokens(log, runId, 2 * seq - 1, 2 * seq - 1, { summary: summaryOf(runId, { etaMs: 2 * seq + 1 }) }),
          ]),
        );
      }
      unsubscribe();
      await appendTokens(log, "run-0", 22, 22, { summary: summaryOf("run-0", { etaMs: 99 }) });

      const revisions = heard.map((change) => change.revision);
      expect(revisions).toEqual([...new Set(revisions)].toSorted((a, b) => a - b));
      expect(revisions[0]).toBeGreaterThan(before.at(-1)?.revision ?? 0);
      const latest = new Map([...before, ...heard].map(({ summary }) => [summary.runId, summary.etaMs]));
      expect([...latest.values()]).toEqual(runs.map(() => 23));
      expect((await log.changes(revisions.at(-1) ?? 0, 10)).map(({ summary }) => summary.etaMs)).toEqual([99]);
    });

    test("a change that is heard can be read already", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const reads: Promise<[FeedChange, FeedChange[]]>[] = [];
      log.subscribeChanges((change) => {
        reads.push(log.changes(change.revision - 1, 1).then((changes) => [change, changes]));
      });
      await createRun(log, "a");
      await createRun(log, "b");
      const results = await Promise.all(reads);
      expect(results).toHaveLength(2);
      for (const [change, changes] of results) expect(changes).toEqual([change]);
    });
  });
}

/** Every page, each cursor checked against the protocol on its way. */
async function listPages(
  log: RunLog,
  input: ListInput,
  betweenPages?: (page: number) => Promise<void>,
): Promise<RunSummary[][]> {
  const pages: RunSummary[][] = [];
  let { runs, nextCursor } = await log.list(input);
  for (;;) {
    pages.push(runs);
    if (nextCursor === undefined) return pages;
    await betweenPages?.(pages.length);
    ({ runs, nextCursor } = await log.list(listInputSchema.parse({ ...input, cursor: nextCursor })));
  }
}

function line({ summary }: FeedChange): string {
  return `${summary.runId} ${summary.fraction}`;
}
