import { createClient } from "@stagewire/client";
import type { RunEvent } from "@stagewire/shared";
import { expect, test } from "vitest";
import { type AimockAnswer, startAimock } from "../support/aimock-process.js";
import { approvingReview } from "../support/answers.js";
import { checkLog, tokensOf } from "../support/check-log.js";
import { freePort, startServerProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";

/** Text whose every border between three UTF-16 units falls somewhere awkward: pairs, joiners, marks, controls. */
function awkward(name: string): string {
  const line = `${name}: 👩‍👩‍👧‍👦 𝒳 é ́ \u2028 "quoted" \\ \t 日本語 🏳️‍🌈 \u0007 שלום\r\n`;
  return line.repeat(40);
}

const texts = {
  "architecture#0": awkward("architecture"),
  "implementation#0": awkward("implementation"),
  "review#0": awkward("review") + approvingReview(false),
  "refinement#1": awkward("refinement one"),
  "review#1": awkward("re-review one") + approvingReview(false),
  "refinement#2": awkward("refinement two"),
  "review#2": awkward("re-review two") + approvingReview(true),
  "documentation#0": awkward("documentation"),
};

/** What tells the prompts of the steps apart; the first that fits is taken. Pieces of three units split the pairs. */
const answers: AimockAnswer[] = [
  answer("review#1", "the review of refinement 1"),
  answer("review#2", "the review of refinement 2"),
  answer("review#0", "You are the reviewer"),
  answer("refinement#1", "This is refinement 1."),
  answer("refinement#2", "This is refinement 2."),
  answer("architecture#0", "You are the software architect"),
  answer("implementation#0", "You are the senior engineer who implements"),
  answer("documentation#0", "You are the engineer who documents"),
];

function answer(step: keyof typeof texts, system: string): AimockAnswer {
  return { when: { system }, response: { content: texts[step] }, chunkSize: 3, streamingProfile: { tps: 2_000 } };
}

test("every token of every stage of a model server of another project arrives, byte for byte", async () => {
  await using aimock = await startAimock(answers);
  await using folder = await temporaryFolder();
  await using server = await startServerProcess({
    data: folder.path,
    port: await freePort(),
    env: { OPENAI_BASE_URL: aimock.baseUrl, STAGEWIRE_MODEL: "some-model" },
  });
  await using client = createClient({ url: server.url });
  const run = await client.runs.start({ task: "a URL shortener" });
  const events: RunEvent[] = [];
  for await (const event of run.watch()) events.push(event);

  const view = checkLog(events);
  expect(view.status).toBe("completed");
  expect(Object.fromEntries(view.steps.map((step) => [`${step.stage}#${step.iteration}`, step.output]))).toEqual(texts);
  expect(view.output).toBe(texts["documentation#0"]);
  expect(await run.get()).toEqual(view);
  expect(await aimock.requestCount()).toBe(8);
  for (const [step, text] of tokensOf(events)) expect(text, step).toBe(texts[step as keyof typeof texts]);
});
