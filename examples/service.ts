/** A service that wants a result, and no more than one refinement: `node service.js "a URL shortener"`. */
import { createClient, StagewireError } from "@stagewire/client";

const [task = "a URL shortener"] = process.argv.slice(2);
await using client = createClient({ url: process.env["STAGEWIRE_URL"] ?? "http://127.0.0.1:4400" });

// Drops need nothing of a service; it may like to know of them.
client.connection.subscribe(() => console.error(`connection: ${client.connection.state.status}`));

try {
  const run = await client.runs.start({ task });
  console.log(`started ${run.runId}`);
  // A service that may itself be restarted stores run and cursor, and goes on with
  // client.runs.watch(runId, { cursor }). `detail: "stages"` leaves the tokens out.
  for await (const event of run.watch({ detail: "stages" })) {
    if (event.type === "stage_start") {
      console.log(`# ${event.stage} ${event.iteration}`);
      if (event.stage === "refinement" && event.iteration === 2) {
        const ack = await run.skip({ target: "remaining" });
        console.log(`  skip: ${ack.outcome}`);
      }
    }
    if (event.type === "stage_complete") console.log(`  ${event.outcome}, ${event.usage.completionTokens} tokens`);
    if (event.type === "error") console.error(`  ${event.code}: ${event.message}`);
    if (event.type === "run_complete") {
      console.log(`${event.outcome}\n${event.output ?? ""}`);
      if (event.outcome !== "completed") process.exitCode = 1;
    }
  }
} catch (error) {
  if (!(error instanceof StagewireError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
