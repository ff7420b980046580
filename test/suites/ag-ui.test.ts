import { type BaseEvent, EventType, HttpAgent } from "@ag-ui/client";
import { EventEncoder } from "@ag-ui/encoder";
import { compact } from "@stagewire/shared";
import * as fc from "fast-check";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { createTranslator } from "../../server/src/gateways/ag-ui/translate.js";
import { arbitraryClosedLog } from "../support/arbitrary-log.js";
import { answerOf, of, openScene, type Scene, verdict } from "../support/scene.js";
import { countWatches } from "../support/watches.js";

/** A conversation with the server, by AG-UI's own client, which checks every event and the order they come in. */
function converse(scene: Scene, task = "build it", options: object = {}) {
  const agent = new HttpAgent({
    url: `${scene.server.url}/ag-ui`,
    threadId: "thread-1",
    initialMessages: [{ id: "m-1", role: "user", content: task }],
  });
  const events: BaseEvent[] = [];
  const over = agent.runAgent(
    { runId: "run-1", forwardedProps: { stagewire: { options } } },
    { onEvent: ({ event }) => void events.push(event) },
  );
  over.catch(() => {});
  const types = () => events.map(({ type }) => type);
  return { agent, events, types, over };
}

/** The texts of the assistant's messages, by the step that they are named for. */
const texts = ({ agent }: Pick<ReturnType<typeof converse>, "agent">) =>
  agent.messages.flatMap((message) =>
    message.role === "assistant" ? [`${message.name}: ${String(message.content)}`] : [],
  );

describe("AG-UI", () => {
  // The client tells of what it had to strip or mend; there must be nothing.
  const warned = vi.spyOn(console, "warn");
  beforeEach(() => void warned.mockClear());

  test("a whole run: steps, one message an attempt, reasoning, activity, and the result", async () => {
    await using scene = await openScene();
    const talk = converse(scene, "a URL shortener", { maxRefinements: 1 });
    const call = await scene.reach("architecture");
    expect(call.body.messages.map(({ content }) => content).join()).toContain("a URL shortener");
    call.write("first thoughts", "reasoning");
    call.write("the plan \ud83e");
    call.write("\udde0");
    call.end();
    scene.model.answer(answerOf);
    const { result } = await talk.over;
    expect(result).toBe("text of documentation 0");
    expect(talk.types()[0]).toBe(EventType.RUN_STARTED);
    expect(talk.events.at(-1)).toMatchObject({
      type: EventType.RUN_FINISHED,
      threadId: "thread-1",
      runId: "run-1",
      outcome: { type: "success" },
      usage: [{ model: "scripted", inputTokens: 60, outputTokens: 30, totalTokens: 90 }],
    });
    const steps = talk.events.filter(({ type }) => type === EventType.STEP_STARTED);
    expect(steps.map(({ stepName }) => stepName)).toEqual([
      "architecture#0",
      "implementation#0",
      "review#0",
      "refinement#1",
      "review#1",
      "documentation#0",
    ]);
    expect(texts(talk)[0]).toBe("architecture#0: the plan \ud83e\udde0");
    expect(texts(talk)).toHaveLength(6);
    const roles = talk.agent.messages.map(({ role }) => role);
    expect(roles).toContain("reasoning");
    expect(roles).toContain("activity");
    const { runs } = await scene.server.engine.list({});
    expect(warned).not.toHaveBeenCalled();
    expect(talk.events[0]).toMatchObject({ metadata: { stagewire: { runId: runs[0]?.runId } } });
  });

  test("a cancelled run ends as cancelled, with everything closed", async () => {
    await using scene = await openScene();
    const talk = converse(scene);
    const call = await scene.reach("implementation");
    call.write("thinking", "reasoning");
    call.write("half a ");
    const { runs } = await scene.server.engine.list({});
    await scene.client.watch(runs[0]?.runId ?? "").until(({ type }) => type === "token");
    await scene.client.control(runs[0]?.runId ?? "", { type: "cancel", when: "now" });
    await talk.over;
    expect(talk.events.at(-1)).toMatchObject({ type: EventType.RUN_FINISHED, outcome: { type: "cancelled" } });
    expect(talk.events.at(-1)).not.toHaveProperty("result");
    expect(warned).not.toHaveBeenCalled();
    expect(texts(talk).at(-1)).toBe("implementation#0: half a ");
  });

  test("a failed run ends with its error and its code", async () => {
    await using scene = await openScene();
    const talk = converse(scene);
    (await scene.reach("architecture")).refuse(401, "no such key");
    await talk.over.catch(() => {});
    expect(talk.events.at(-1)).toMatchObject({ type: EventType.RUN_ERROR, code: "MODEL_AUTH" });
  });

  test("an attempt that is void has a message of its own, and says so", async () => {
    await using scene = await openScene();
    const talk = converse(scene);
    const call = await scene.reach("architecture");
    call.write("a first try");
    const { runs } = await scene.server.engine.list({});
    await scene.client.watch(runs[0]?.runId ?? "").until(({ type }) => type === "token");
    call.cut();
    const again = await scene.reach("architecture");
    again.write("a second one");
    again.end();
    scene.model.answer(() => verdict(true));
    await talk.over;
    expect(texts(talk).slice(0, 2)).toEqual(["architecture#0: a first try", "architecture#0: a second one"]);
    const ends = talk.events.filter(({ type }) => type === EventType.TEXT_MESSAGE_END);
    expect(ends[0]).toMatchObject({ metadata: { stagewire: { void: true } } });
    expect(ends[1]).not.toHaveProperty("metadata");
    expect(talk.types().filter((type) => type === EventType.STEP_STARTED)).toHaveLength(4);
    expect(warned).not.toHaveBeenCalled();
    expect(talk.events.some(({ activityType }) => activityType === "stagewire.error")).toBe(true);
  });

  test("the same run asked for again is the same run, from its start", async () => {
    await using scene = await openScene();
    scene.model.answer(() => verdict(true));
    const first = converse(scene);
    await first.over;
    const second = converse(scene);
    await second.over;
    expect((await scene.server.engine.list({})).runs).toHaveLength(1);
    expect(warned).not.toHaveBeenCalled();
    expect(texts(second)).toEqual(texts(first));
  });

  test("a client that leaves does not end the run, and is forgotten", async () => {
    await using scene = await openScene();
    const watches = countWatches(scene.server);
    const talk = converse(scene);
    const call = await scene.reach("architecture");
    await watches.until(1);
    talk.agent.abortRun();
    await watches.until(0);
    call.end();
    scene.model.answer(() => verdict(true));
    const { runs } = await scene.server.engine.list({});
    const watch = scene.client.watch(runs[0]?.runId ?? "");
    await watch.ended;
    expect(watch.events.at(-1)).toMatchObject({ outcome: "completed" });
  });

  test.each([
    ["no messages", { threadId: "t", runId: "r" }, /messages/],
    ["nothing that the user said", { threadId: "t", runId: "r", messages: [] }, /user/],
    [
      "an option that is none",
      {
        threadId: "t",
        runId: "r",
        messages: [{ id: "1", role: "user", content: "x" }],
        forwardedProps: { stagewire: { options: { maxRefinments: 1 } } },
      },
      /maxRefinments/,
    ],
    ["no object", 7, /object/],
  ])("%s is refused before a run begins", async (_, body, message) => {
    await using scene = await openScene();
    const response = await fetch(`${scene.server.url}/ag-ui`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: "INVALID_INPUT", message: expect.stringMatching(message) as string },
    });
    expect((await scene.server.engine.list({})).runs).toEqual([]);
  });

  test("any log, compacted from anywhere, is a good stream whose messages are the outputs", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryClosedLog(), fc.nat(), async (log, cut) => {
        const behind = cut % log.length;
        const translator = createTranslator({ threadId: "t", runId: "r" });
        const encoder = new EventEncoder();
        const stream = [...log.slice(0, behind), ...compact(log.slice(behind))]
          .flatMap((event) => translator.translate(event))
          .map((event) => encoder.encodeSSE(event))
          .join("");
        const headers = { "content-type": "text/event-stream" };
        const agent = new HttpAgent({ url: "", fetch: () => Promise.resolve(new Response(stream, { headers })) });
        const types: string[] = [];
        await agent.runAgent({ runId: "r" }, { onEvent: ({ event }) => void types.push(event.type) });
        expect(types[0]).toBe(EventType.RUN_STARTED);
        expect([EventType.RUN_FINISHED, EventType.RUN_ERROR]).toContain(types.at(-1));
        const told = texts({ agent });
        for (const { stage, iteration, output } of of(log, "stage_complete")) {
          if (output !== "") expect(told).toContain(`${stage}#${iteration}: ${output}`);
        }
      }),
      { numRuns: 100 },
    );
    expect(warned).not.toHaveBeenCalled();
  });
});
