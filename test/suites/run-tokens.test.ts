import type { TokenEvent } from "@stagewire/shared";
import { expect, test } from "vitest";
import { is, isEnd, isToken, of, openScene, type Scene, verdict } from "../support/scene.js";
import type { Recording } from "../support/trpc.js";

/** One stage's answer in pieces, the rest by itself. */
async function runWith(
  scene: Scene,
  play: (write: (text: string, channel?: TokenEvent["channel"]) => void) => void,
): Promise<Recording> {
  const { seen } = await scene.start({ maxRefinements: 0 });
  const call = await scene.reach("architecture");
  play(call.write);
  call.end();
  scene.model.answer(() => verdict(true));
  await seen.until(isEnd);
  return seen;
}

/** Every token's text by channel, joined by offset, with nothing overlapping and nothing left out. */
function joined(seen: Recording, stage: string, channel: TokenEvent["channel"] = "output"): string {
  let text = "";
  for (const token of of(seen.events, "token")) {
    if (token.stage !== stage || token.channel !== channel) continue;
    expect(token.offset).toBe(text.length);
    text += token.text;
  }
  return text;
}

test("every token of every stage reaches a watcher that keeps up, at its offset", async () => {
  await using scene = await openScene();
  const { seen } = await scene.start({ maxRefinements: 1 });
  for (let n = 1; n <= 6; n++) {
    const call = await scene.model.next();
    call.write(`first of ${n}, `);
    await seen.until((event) => event.type === "token" && event.text.includes(`first of ${n},`));
    call.write("then ");
    call.write(`the last of ${n}`);
    call.end();
  }
  await seen.until(isEnd);
  const ended = of(seen.events, "stage_complete");
  expect(ended).toHaveLength(6);
  for (const { stage, iteration, output } of ended) {
    const tokens = of(seen.events, "token").filter((token) => token.stage === stage && token.iteration === iteration);
    expect(tokens.map(({ text }) => text).join("")).toBe(output);
    expect(output).toMatch(/^first of \d, then the last of \d$/);
  }
});

test("tokens that come together with the end of their stage are told all the same", async () => {
  await using scene = await openScene();
  const seen = await runWith(scene, (write) => {
    for (let n = 0; n < 50; n++) write(`${n} `);
  });
  const output = of(seen.events, "stage_complete")[0]?.output;
  expect(output).toBe(Array.from({ length: 50 }, (_, n) => `${n} `).join(""));
  expect(joined(seen, "architecture")).toBe(output);
});

test("Unicode comes through byte for byte, surrogate pairs split over chunks included", async () => {
  await using scene = await openScene();
  const text = 'naïve 👩‍💻 𝒳 e\u0301 \u0000 \u2028 "\\ 漢字 😀😀';
  const seen = await runWith(scene, (write) => {
    // UTF-16 unit by unit: every pair is split.
    for (let at = 0; at < text.length; at++) write(text[at] ?? "");
  });
  const output = of(seen.events, "stage_complete")[0]?.output ?? "";
  expect(output).toBe(text);
  expect(Buffer.from(output)).toEqual(Buffer.from(text));
  expect(joined(seen, "architecture")).toBe(text);
});

test("offsets count UTF-16 units", async () => {
  await using scene = await openScene();
  const { seen } = await scene.start();
  const call = await scene.reach("architecture");
  for (const [text, offset] of [
    ["😀😀", 0],
    ["\ud83d", 4],
    ["\ude00", 5],
    ["漢", 6],
    [".", 7],
  ] as const) {
    call.write(text);
    expect(await seen.until(is("token", { text }))).toMatchObject({ offset });
  }
});

test("UTF-8 bytes that the network splits anywhere come through", async () => {
  await using scene = await openScene();
  const { seen } = await scene.start({ maxRefinements: 0 });
  const call = await scene.reach("architecture");
  const bytes = Buffer.from(
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "héllo 👩‍💻!" } }] })}\n\n`,
  );
  call.write("at first ");
  await seen.until(isToken);
  for (const byte of bytes) {
    call.raw(Uint8Array.of(byte));
    await new Promise(setImmediate);
  }
  call.end();
  await seen.until(is("stage_complete"));
  expect(of(seen.events, "stage_complete")[0]?.output).toBe("at first héllo 👩‍💻!");
});

test("reasoning has its own channel and offsets, and is no output", async () => {
  await using scene = await openScene();
  const seen = await runWith(scene, (write) => {
    write("let me see", "reasoning");
    write("so", "output");
    write(", hm", "reasoning");
    write(" be it", "output");
  });
  expect(of(seen.events, "stage_complete")[0]).toMatchObject({ output: "so be it", reasoning: "let me see, hm" });
  expect(joined(seen, "architecture")).toBe("so be it");
  expect(joined(seen, "architecture", "reasoning")).toBe("let me see, hm");
});

test("a long answer in one piece, and an empty one", async () => {
  await using scene = await openScene();
  const long = "0123456789".repeat(30_000);
  const { seen } = await scene.start({ maxRefinements: 0 });
  const call = await scene.reach("architecture");
  call.write(long);
  call.end();
  (await scene.reach("implementation")).end();
  await seen.until(is("stage_complete", { stage: "implementation" }));
  const [architecture, implementation] = of(seen.events, "stage_complete");
  expect(architecture?.output === long).toBe(true);
  expect(implementation).toMatchObject({ outcome: "completed", output: "" });
  expect(joined(seen, "architecture") === long).toBe(true);
});
