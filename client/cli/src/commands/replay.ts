import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@stagewire/client";
import { createReplay } from "@stagewire/client/replay";
import { initialView, reduce, type RunEvent } from "@stagewire/shared";
import { choosePresentation } from "../choose-renderer.js";
import type { Context } from "../context.js";
import { EXIT, exitCodeOfSignal } from "../exit-codes.js";
import { fateOf } from "../fate.js";
import { runOrLast } from "../run-argument.js";
import { pageOf } from "../target.js";
import { readSpeed } from "../values.js";
import { viewOfRun } from "../view-of-run.js";

const DEFAULT_SPEED = 10;

/** Shows a run again from its log, as it happened, faster. Of a run that goes on, what there is so far. */
export async function replay(context: Context): Promise<number> {
  const { args, out, interrupts } = context;
  const speed = readSpeed("speed", args.values.speed) ?? DEFAULT_SPEED;
  await using found = await viewOfRun(context, runOrLast(context, "replay"));
  const { client, info, url, transport } = found.connection;
  const { runId, seq } = found.view;
  const leaving = new AbortController();
  let code: number = EXIT.finished;
  interrupts.handle((signal) => {
    code = exitCodeOfSignal(signal);
    leaving.abort();
  });
  out.closed.addEventListener("abort", () => leaving.abort());

  const past = createReplay(await eventsUpTo(client, runId, seq, leaving.signal));
  const { renderer } = choosePresentation(context, { keys: false });
  renderer.begin({ runId, url, page: pageOf(url, runId), model: info.model, version: info.version, transport });
  const pace = past.paced ? "; its text is paced evenly, since the log keeps the words and not each one's moment" : "";
  renderer.note(`replay at ${speed}×${pace}`);
  const begun = performance.now();
  let view = initialView(runId);
  for (const event of past.events) {
    const waitMs = past.msAt(event.seq) / speed - (performance.now() - begun);
    if (waitMs > 1) await sleep(waitMs, undefined, { signal: leaving.signal }).catch(() => undefined);
    if (leaving.signal.aborted) break;
    view = reduce(view, event);
    await renderer.event(event, view, leaving.signal);
  }
  const fate = fateOf(found.view, { runId, url, local: false });
  renderer.end({ code, fate, view, ...(view.output !== undefined && { result: view.output }) });
  return code;
}

/** The log's events from the first one to the one at `seq`. */
async function eventsUpTo(client: Client, runId: string, seq: number, signal: AbortSignal): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of client.runs.watch(runId, { signal })) {
    events.push(event);
    if (event.seq >= seq) break;
  }
  return events;
}
