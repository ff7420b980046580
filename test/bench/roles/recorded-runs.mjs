import { plainToken } from "../token.mjs";

const usage = { promptTokens: 1, completionTokens: 1, estimated: false };

/**
 * Writes runs of `tokens` token events each, one event an append: a finished one and an unfinished one. Before them
 * comes one that hangs at its model: with room for one run at a time, the unfinished one stays as it is in the queue.
 */
export async function writeRuns(log, tokens) {
  await write(log, "blocker", JSON.stringify({ hang: true }), []);
  const started = { type: "stage_start", stage: "write", iteration: 0, attempt: 1, model: "bench", cause: "next" };
  let output = "";
  const texts = Array.from({ length: tokens }, (_, n) => {
    const text = plainToken(n);
    const token = {
      type: "token",
      stage: "write",
      iteration: 0,
      attempt: 1,
      channel: "output",
      offset: output.length,
      text,
    };
    output += text;
    return token;
  });
  const ended = [
    {
      type: "stage_complete",
      stage: "write",
      iteration: 0,
      attempt: 1,
      outcome: "completed",
      output,
      usage,
      durationMs: 1,
    },
    { type: "run_complete", outcome: "completed", output, usage, durationMs: 1 },
  ];
  const unfinished = await write(log, "unfinished", "{}", [started, ...texts]);
  const finished = await write(log, "finished", "{}", [started, ...texts, ...ended]);
  return { unfinished, finished };
}

async function write(log, runId, task, bodies) {
  const at = Date.now();
  const pipeline = { id: "bench", title: "Bench", stages: [{ id: "write", title: "Write" }] };
  const start = { type: "run_start", runId, seq: 1, at, task, pipeline, options: {} };
  const summary = (status) => ({ runId, status, title: runId, pipeline: "bench", createdAt: at, updatedAt: at, usage });
  await log.create({ start, summary: summary("queued") });
  const events = bodies.map((body, index) => ({ ...body, runId, seq: index + 2, at }));
  await Promise.all(
    events.map((event, index) =>
      log.append({
        runId,
        epoch: 1,
        events: [event],
        ...(index === events.length - 1 && {
          summary: summary(event.type === "run_complete" ? "completed" : "running"),
        }),
      }),
    ),
  );
  return { runId, seq: events.length + 1 };
}
