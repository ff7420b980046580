import type { RunLog } from "@stagewire/server";
import { WEBHOOK_EVENTS } from "@stagewire/shared";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { createWebhooks, type WebhooksOptions } from "../../server/src/gateways/webhooks/webhooks.js";
import { freePort } from "../support/server-process.js";
import { type Delivery, newSecret, type Receiver, startReceiver } from "../support/webhook-receiver.js";
import { complete, createRun, summaryOf, token } from "./run-log-support.js";
import type { LogFixture } from "./run-log-support.js";

type Fixture = Omit<LogFixture, "reopen">;

/** A log, where its readers stand, and what the server's log says of webhooks. */
async function watchPlaces(fixture: Fixture) {
  const inner = fixture.log;
  let reader = "";
  let written = 0;
  const log: RunLog = {
    ...inner,
    keepPlace(change) {
      ({ reader } = change);
      written += change.runs.size + [...(change.done ?? [])].length;
      return inner.keepPlace(change);
    },
  };
  const place = () => log.place(reader);
  const said: { msg: string; [field: string]: unknown }[] = [];
  const logger = pino(
    { level: "debug" },
    { write: (line: string) => void said.push(JSON.parse(line) as (typeof said)[number]) },
  );
  return {
    log,
    said,
    /** What is kept for the endpoint; `undefined` until it was seen for the first time. */
    place,
    /** How many positions of runs, and ends of them, were kept so far. */
    written: () => written,
    /** Webhooks that lose no time between tries. */
    open(endpoint: { url: string; secret: string }, options: Partial<WebhooksOptions> = {}) {
      const webhooks = createWebhooks({
        endpoints: [{ ...endpoint, events: WEBHOOK_EVENTS, name: endpoint.url }],
        log,
        logger,
        retries: { forever: true, minTimeout: 20, maxTimeout: 200 },
        ...options,
      });
      return {
        /** Resolves once the endpoint was seen: what comes from then on is its business. */
        async begun() {
          await expect.poll(place).toBeDefined();
        },
        /** Ends when all that has happened was told, and noted as told. */
        finish: () => webhooks.close(20_000),
        [Symbol.asyncDispose]: () => webhooks.close(0),
      };
    },
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}

/** A run of one step that has ended: the events 3 and 4 are what webhooks tell of. */
async function playRun(log: RunLog, runId: string): Promise<void> {
  await createRun(log, runId);
  const step = { stage: "architecture", iteration: 0, attempt: 1 } as const;
  const usage = { promptTokens: 1, completionTokens: 2, estimated: false };
  const text = token(runId, 2);
  const end = { ...step, runId, seq: 3, at: text.at + 1, type: "stage_complete", outcome: "completed" } as const;
  await log.append({
    runId,
    epoch: 1,
    events: [text, { ...end, output: text.text, usage, durationMs: 1 }],
    summary: summaryOf(runId),
  });
  await log.append({
    runId,
    epoch: 1,
    events: [complete(runId, 4)],
    summary: summaryOf(runId, { status: "completed" }),
  });
}

const at = ({ url, secret }: Receiver) => ({ url, secret });
const isEnd = ({ payload }: Delivery) => payload.type === "run_complete";

/** What every log has to bear: `open` gives an empty one. More than 1,000 runs are more than an endpoint holds at a time. */
export function webhooksOwedSuite(name: string, runCount: number, open: () => Promise<Fixture>): void {
  describe(`what webhooks owe: ${name}`, () => {
    test("more runs than are held at a time are owed to an endpoint that is down: each comes once it is up, in order", async () => {
      await using here = await watchPlaces(await open());
      const { log, said } = here;
      const [port, secret] = [await freePort(), newSecret()];
      await using webhooks = here.open({ url: `http://127.0.0.1:${port}/hook`, secret });
      await webhooks.begun();
      const runs = Array.from({ length: runCount }, (_, index) => `run${index}`);
      await Promise.all(runs.map((runId) => playRun(log, runId)));
      await expect.poll(() => said.filter(({ msg }) => msg.startsWith("a webhook failed")).length).toBeGreaterThan(50);
      await using receiver = await startReceiver({ port, secret });
      await receiver.received(isEnd, runs.length);
      expect(receiver.deliveries.map(({ id }) => id).toSorted()).toEqual(
        runs.flatMap((runId) => [`${runId}-3`, `${runId}-4`]).toSorted(),
      );
      const seqs = new Map<string, number[]>();
      for (const { payload } of receiver.deliveries) {
        const { runId, seq } = payload.data;
        seqs.set(runId, [...(seqs.get(runId) ?? []), seq]);
      }
      expect(new Set([...seqs.values()].map(String))).toEqual(new Set(["3,4"]));
      // Nothing is kept of runs that it is done with.
      await expect.poll(async () => (await here.place())?.runs.size).toBe(0);
      expect(await here.place()).toMatchObject({ revision: await log.revision() });
      // Each run's two events and its end, and little more: not all runs each time that one is done with.
      expect(here.written()).toBeLessThan(10 * runCount);
    }, 60_000);

    test("what is never taken is given up after its retries, said, and the run's next event is tried", async () => {
      await using here = await watchPlaces(await open());
      await using receiver = await startReceiver({ answer: (delivery) => (isEnd(delivery) ? 204 : 500) });
      await using webhooks = here.open(at(receiver), { retries: { retries: 2, minTimeout: 5, maxTimeout: 10 } });
      await webhooks.begun();
      await playRun(here.log, "a");
      await receiver.received(isEnd);
      expect(receiver.deliveries.map(({ id }) => id)).toEqual(["a-3", "a-3", "a-3", "a-4"]);
      expect(here.said.filter(({ level }) => level === 50)).toMatchObject([
        {
          id: "a-3",
          runId: "a",
          seq: 3,
          tries: 3,
          reason: "it answered 500",
          webhook: receiver.url,
          msg: expect.stringContaining("lost") as string,
        },
      ]);
    });

    test("a run that retention deletes before its webhooks were taken is said to be lost", async () => {
      await using here = await watchPlaces(await open());
      const { log, said } = here;
      await using receiver = await startReceiver({ answer: () => 503 });
      await using webhooks = here.open(at(receiver));
      await webhooks.begun();
      await playRun(log, "a");
      await receiver.received(() => true);
      await log.delete("a");
      await expect
        .poll(() => said.find(({ level }) => level === 50))
        .toMatchObject({ runId: "a", after: 0, msg: expect.stringContaining("lost") as string });
      await expect.poll(async () => (await here.place())?.runs.size).toBe(0);
    });

    test("each start goes on where the last one was, also for runs that were open in between", async () => {
      await using here = await watchPlaces(await open());
      const { log } = here;
      await using receiver = await startReceiver();
      await createRun(log, "open");
      {
        await using webhooks = here.open(at(receiver));
        await webhooks.begun();
        await playRun(log, "a");
        await receiver.received(isEnd);
        // Broken off before it heard the answer it would tell this end once more.
        await webhooks.finish();
      }
      await playRun(log, "b");
      await log.append({
        runId: "open",
        epoch: 1,
        events: [complete("open", 2)],
        summary: summaryOf("open", { status: "completed" }),
      });
      await using webhooks = here.open(at(receiver));
      await webhooks.begun();
      await receiver.received(isEnd, 3);
      await expect.poll(async () => (await here.place())?.runs.size).toBe(0);
      expect(receiver.deliveries.map(({ id }) => id).toSorted()).toEqual(["a-3", "a-4", "b-3", "b-4", "open-2"]);
    });

    test("while its place can't be kept it is told all the same; what was kept before counts at the next start", async () => {
      await using here = await watchPlaces(await open());
      const { log, said } = here;
      await using receiver = await startReceiver();
      let broken = false;
      const failing: RunLog = {
        ...log,
        keepPlace: (change) => (broken ? Promise.reject(new Error("no room")) : log.keepPlace(change)),
      };
      {
        await using webhooks = here.open(at(receiver), { log: failing });
        await webhooks.begun();
        broken = true;
        await playRun(log, "a");
        await receiver.received(isEnd);
        await expect.poll(() => said.some(({ msg }) => msg.startsWith("could not keep"))).toBe(true);
      }
      await using webhooks = here.open(at(receiver));
      await webhooks.begun();
      await receiver.received(isEnd, 2);
      expect(receiver.deliveries.map(({ id }) => id)).toEqual(["a-3", "a-4", "a-3", "a-4"]);
    });
  });
}
