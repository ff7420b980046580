import { openSqliteLog } from "@stagewire/server";
import { temporaryFolder } from "../support/start-server.js";
import { webhooksOwedSuite } from "./webhooks-owed.js";

webhooksOwedSuite("sqlite", 1_050, async () => {
  const folder = await temporaryFolder();
  const log = await openSqliteLog({ dir: folder.path });
  return {
    log,
    async [Symbol.asyncDispose]() {
      await log[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
});
