import { openSqliteLog } from "@stagewire/server";
import { expect, test } from "vitest";
import { startServer, temporaryFolder } from "../support/start-server.js";

test("a server writes to the log that it is given, and leaves it open", async () => {
  await using folder = await temporaryFolder();
  await using log = await openSqliteLog({ dir: folder.path });
  const server = await startServer({ log });
  const { runId } = await server.engine.start({ task: "a URL shortener" });
  await server.close();
  expect(await log.openRuns()).toEqual([runId]);
});
