// A client that is a process of its own: watches a run by the SDK, and writes down every event and every cursor at
// once, so that another process can go on where this one was killed.
import { appendFileSync } from "node:fs";
import { createClient } from "@stagewire/client";

// Whoever started it holds its standard input: it never outlives them.
process.stdin.on("end", () => process.exit(1)).resume();

const [url, runId, file, cursor] = process.argv.slice(2);
const write = (line) => appendFileSync(file, `${JSON.stringify(line)}\n`);

const client = createClient({ url, silenceMs: 4_000, maxRetryDelayMs: 200 });
const onCursor = (position) => write({ cursor: position });
let reading = false;
for await (const event of client.runs.watch(runId, { ...(cursor && { cursor }), onCursor })) {
  write({ event });
  if (!reading) console.log("reading");
  reading = true;
}
write({ over: true });
await client.close();
process.stdin.destroy();
