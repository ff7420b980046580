import { webhookId } from "@stagewire/shared";
import { describe, expect, test } from "vitest";
import { answerOf, endings, openScene, placeOf, verdict } from "../support/scene.js";
import { freePort } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";
import { type Delivery, newSecret, type Receiver, startReceiver } from "../support/webhook-receiver.js";

/** Settings of an endpoint at this receiver. */
const at = ({ url, secret }: Receiver) => ({ url, secret });
const isEnd = ({ payload }: Delivery) => payload.type === "run_complete";
const idsOf = ({ deliveries }: Receiver) => deliveries.map(({ id }) => id);
/** Ids of the deliveries of a run, each once, in the order of their first coming. */
const firstIdsOf = (receiver: Receiver, runId: string) => [
  ...new Set(receiver.deliveries.filter(({ payload }) => payload.data.runId === runId).map(({ id }) => id)),
];

describe("what is delivered", () => {
  test("every stage's end and the run's, signed, in order, as watchers see them; a watch goes on at their cursor", async () => {
    await using receiver = await startReceiver();
    await using scene = await openScene({ webhooks: [at(receiver)] });
    const { runId, seen } = await scene.start({ maxRefinements: 1 });
    scene.model.answer(answerOf);
    await seen.ended;
    await receiver.received(isEnd);
    const told = seen.events.filter(({ type }) => type === "stage_complete" || type === "run_complete");
    expect(endings(told)).toEqual([
      "architecture 0 completed",
      "implementation 0 completed",
      "review 0 completed",
      "refinement 1 completed",
      "review 1 completed",
      "documentation 0 completed",
    ]);
    expect(receiver.deliveries.map(({ payload }) => payload.data)).toEqual(
      told.map(({ from: _from, ...event }) => event),
    );
    expect(idsOf(receiver)).toEqual(told.map((event) => `${runId}-${event.seq}`));
    const { createdAt } = await scene.server.engine.get(runId);
    for (const { headers, payload } of receiver.deliveries) {
      expect(headers["content-type"]).toBe("application/json");
      expect(headers["webhook-timestamp"]).toMatch(/^\d{10}$/);
      expect(payload).toMatchObject({
        type: payload.data.type,
        timestamp: new Date(payload.data.at).toISOString(),
        run: { title: "build it", pipeline: "build", createdAt },
      });
    }
    const third = receiver.deliveries[2];
    const rest = scene.client.watch(runId, { lastEventId: third?.payload.cursor ?? "" });
    await rest.ended;
    expect(rest.events[0]?.from ?? rest.events[0]?.seq).toBe((third?.payload.data.seq ?? 0) + 1);
    expect(receiver.strange).toEqual([]);
  });

  test("only what was asked for; a cancelled run is told as that", async () => {
    await using receiver = await startReceiver();
    await using scene = await openScene({ webhooks: [{ ...at(receiver), events: ["run_complete"] }] });
    const { runId } = await scene.start();
    await scene.reach("implementation");
    await scene.client.trpc.runs.control.mutate({ runId, commandId: "c", command: { type: "cancel", when: "now" } });
    await receiver.received(isEnd);
    expect(receiver.deliveries.map(({ payload }) => payload.data)).toMatchObject([
      { type: "run_complete", outcome: "cancelled", runId },
    ]);
  });

  test("a new endpoint is told nothing of what was over before, and all of what goes on", async () => {
    await using receiver = await startReceiver();
    await using folder = await temporaryFolder();
    {
      await using before = await openScene({ data: folder.path });
      const { seen } = await before.start();
      before.model.answer(answerOf);
      await seen.ended;
    }
    await using scene = await openScene({ data: folder.path, webhooks: [at(receiver)] });
    const { runId, seen } = await scene.start();
    scene.model.answer(answerOf);
    await seen.ended;
    await receiver.received(isEnd);
    expect(new Set(receiver.deliveries.map(({ payload }) => payload.data.runId))).toEqual(new Set([runId]));
  });
});

describe("an endpoint that fails", () => {
  test("is tried again after 500 and a redirect, with the same id and body, and order holds", async () => {
    const answers = [500, { status: 307, headers: { location: "/elsewhere" } }] as const;
    await using receiver = await startReceiver({
      answer: ({ payload: { data } }, time) =>
        "stage" in data && data.stage === "architecture" ? (answers[time - 1] ?? 204) : 204,
    });
    await using scene = await openScene({ webhooks: [at(receiver)] });
    const { runId, seen } = await scene.start();
    scene.model.answer(() => verdict(true));
    await seen.ended;
    const first = await receiver.received(() => true);
    const last = await receiver.received(({ id }) => id === first.id, 3);
    await receiver.received(isEnd);
    expect(last.body).toBe(first.body);
    expect(receiver.deliveries.slice(0, 3).map(({ id }) => id)).toEqual(Array.from({ length: 3 }, () => first.id));
    const told = seen.events.filter(({ type }) => type === "stage_complete" || type === "run_complete");
    expect(firstIdsOf(receiver, runId)).toEqual(told.map(webhookId));
    expect(receiver.strange).toEqual([]);
  });

  test("is waited for while nobody listens at its address", async () => {
    const port = await freePort();
    const secret = newSecret();
    await using scene = await openScene({ webhooks: [{ url: `http://127.0.0.1:${port}/hook`, secret }] });
    const { runId, seen } = await scene.start();
    scene.model.answer(answerOf);
    await seen.ended;
    await using receiver = await startReceiver({ port, secret });
    await receiver.received(isEnd);
    const told = seen.events.filter(({ type }) => type === "stage_complete" || type === "run_complete");
    expect(firstIdsOf(receiver, runId)).toEqual(told.map(webhookId));
  });

  test("says how long to leave it alone, and is", async () => {
    const times: number[] = [];
    await using receiver = await startReceiver({
      answer: () => (times.push(performance.now()) === 1 ? { status: 503, headers: { "retry-after": "3" } } : 204),
    });
    await using scene = await openScene({ webhooks: [{ ...at(receiver), events: ["run_complete"] }] });
    await scene.start();
    scene.model.answer(answerOf);
    await receiver.received(isEnd, 2);
    // By itself it would be tried again within 2 s.
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(2_900);
  });

  test("that is gone (410) is told nothing more; what it is owed stays for the next start", async () => {
    let status = 410;
    await using leaving = await startReceiver({ answer: () => status });
    await using other = await startReceiver();
    await using folder = await temporaryFolder();
    const settings = { data: folder.path, webhooks: [at(leaving), at(other)] };
    let runId = "";
    {
      await using scene = await openScene(settings);
      const started = await scene.start({ maxRefinements: 0 });
      ({ runId } = started);
      scene.model.answer(answerOf);
      await started.seen.ended;
      await other.received(isEnd);
      expect(idsOf(leaving)).toEqual([idsOf(other)[0]]);
    }
    status = 204;
    await using again = await openScene(settings);
    await leaving.received(isEnd);
    expect(firstIdsOf(leaving, runId)).toEqual(idsOf(other));
    expect((await again.server.engine.get(runId)).status).toBe("completed");
  });

  test("that is dead harms neither runs nor other endpoints", async () => {
    await using silent = await startReceiver({ answer: () => "silence" });
    await using good = await startReceiver();
    const refusing = { url: `http://127.0.0.1:${await freePort()}/hook`, secret: newSecret() };
    await using scene = await openScene({ webhooks: [at(silent), refusing, at(good)] });
    scene.model.answer((call) => (placeOf(call).startsWith("review") ? verdict(true) : "text"));
    const runs = await Promise.all(Array.from({ length: 10 }, () => scene.start()));
    await Promise.all(runs.map(({ seen }) => seen.ended));
    await good.received(isEnd, 10);
    for (const { runId, seen } of runs) {
      const told = seen.events.filter(({ type }) => type === "stage_complete" || type === "run_complete");
      expect(good.deliveries.map(({ id }) => id).filter((id) => id.startsWith(runId))).toEqual(told.map(webhookId));
    }
    // A few tries at a time, whatever is owed.
    expect(silent.deliveries.length).toBeGreaterThan(0);
    expect(silent.deliveries.length).toBeLessThanOrEqual(4);
  });
});
