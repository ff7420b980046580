import { expect, test } from "vitest";
import { approvingReview, isReview } from "../support/answers.js";
import { checkLog } from "../support/check-log.js";
import { rawWatch } from "../support/raw-watch.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { freePort, startServerProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";
import { plainClient } from "../support/trpc.js";

const MiB = 1_048_576;

for (const leave of ["close", "destroy"] as const) {
  test(`a stalled reader that leaves by ${leave} disturbs nobody`, async () => {
    await using folder = await temporaryFolder();
    await using model = await startScriptedModel();
    await using server = await startServerProcess({
      data: folder.path,
      port: await freePort(),
      env: { OPENAI_BASE_URL: model.baseUrl, STAGEWIRE_MODEL: "test" },
    });
    await using client = plainClient(server.url);
    const { runId } = await client.trpc.runs.start.mutate({ task: "a lot of text" });
    const call = await model.next();
    const reader = rawWatch(server.url, runId);
    const stalled = [1, 2, 3].map(() => rawWatch(server.url, runId, undefined, (self) => self.pause()));
    await Promise.all(stalled.map((watch) => watch.until((events) => events.length > 0)));
    const piece = "0123456789abcdef".repeat(4_096);
    let sent = 0;
    for (; sent < 12 * MiB; sent += piece.length) {
      call.write(piece);
      await reader.until((events) => textLength(events) >= sent);
    }
    for (const watch of stalled) watch[leave]();
    // The server is still there for everybody else.
    expect(await client.trpc.server.info.query()).toMatchObject({ name: "stagewire" });
    model.answer((next) => (isReview(next) ? approvingReview(true) : "short"));
    call.end();
    expect(await reader.over).toBe(true);
    expect(checkLog(reader.events).status).toBe("completed");
  });
}

function textLength(events: readonly { type: string; text?: string }[]): number {
  return events.reduce((sum, event) => sum + (event.text?.length ?? 0), 0);
}
