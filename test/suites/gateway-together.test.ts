import { HttpAgent } from "@ag-ui/client";
import type { RunEvent } from "@stagewire/shared";
import { expect, test } from "vitest";
import { createRandom } from "../faults/random.js";
import { checkLog, tokensOf } from "../support/check-log.js";
import { DOORS } from "../support/doors/index.js";
import { is, openScene, verdict } from "../support/scene.js";

test("a run that is watched through every door and a hook at once ends in the same outputs at all of them", async () => {
  const hooked: string[] = [];
  await using scene = await openScene({ hooks: { onStageComplete: ({ output }) => hooked.push(output) } });
  const agent = new HttpAgent({
    url: `${scene.server.url}/ag-ui`,
    initialMessages: [{ id: "m", role: "user", content: "build it" }],
  });
  const conversation = agent.runAgent();
  const call = await scene.reach("architecture");
  const runId = (await scene.server.engine.list({})).runs[0]?.runId ?? "";
  const clients = await Promise.all(DOORS.map((door) => door.connect(scene.server.url)));
  const watches = clients.map((client) => client.watch(runId));
  for (const text of ["one ", "two "]) {
    call.write(text);
    await Promise.all(watches.map((watch) => watch.until(is("token", { text }))));
  }
  call.end();
  scene.model.answer(() => verdict(true));
  await Promise.all([conversation, ...watches.map((watch) => watch.ended)]);
  const view = await scene.server.engine.get(runId);
  expect(view.status).toBe("completed");
  for (const watch of watches) {
    expect(checkLog(watch.events)).toEqual(view);
    expect(tokensOf(watch.events).get("architecture#0")).toBe("one two ");
  }
  const told = agent.messages.flatMap((message) => (message.role === "assistant" ? [message.content] : []));
  expect(told).toEqual(view.steps.map(({ output }) => output));
  expect(hooked).toEqual(told);
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
});

test("a watcher that moves from door to door by its cursor at 50 random moments sees exactly the log", async () => {
  await using scene = await openScene();
  const { runId } = await scene.start();
  const clients = await Promise.all(DOORS.map((door) => door.connect(scene.server.url)));
  const random = createRandom(Number(process.env["STAGEWIRE_SEED"] ?? 20_261_122));
  const seen: RunEvent[] = [];
  let lastEventId = "0-0";
  /** Watches at some door for a while: until `text` was written and seen, or to the run's end. */
  const visit = async (write?: (text: string) => void) => {
    const watch = random.pick(clients).watch(runId, { lastEventId });
    if (write) {
      const text = `${seen.length} `;
      if (random.chance(0.5)) await watch.until(() => true).catch(() => {});
      write(text);
      await watch.until((event) => event.type === "token" && event.text.endsWith(text));
      watch.stop();
    } else await watch.ended;
    seen.push(...watch.events);
    lastEventId = watch.cursors.at(-1)?.cursor ?? lastEventId;
  };
  for (const stage of ["architecture", "implementation", "review", "refinement", "review"]) {
    const call = await scene.reach(
      stage,
      stage === "refinement" || seen.some(is("stage_start", { stage: "refinement" })) ? 1 : 0,
    );
    for (let n = 0; n < 10; n++) await visit((text) => call.write(text));
    if (stage === "review") call.write(verdict(seen.some(is("stage_start", { stage: "refinement" }))));
    call.end();
  }
  scene.model.answer(() => "the document");
  await visit();
  expect(checkLog(seen)).toEqual(await scene.server.engine.get(runId));
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
}, 120_000);
