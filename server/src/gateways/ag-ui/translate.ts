import { type Event, EventType, PROTOCOL_VERSION, type TokenUsage } from "@ag-ui/core";
import { initialView, type ModelUsage, reduce, type RunCompleteEvent, type RunEvent } from "@stagewire/shared";
import { openAttempt, type OpenAttempt } from "./open-items.js";

/** What the client calls its run, and the conversation that it is part of. */
export interface AgUiRun {
  readonly threadId: string;
  readonly runId: string;
}

/** Turns the events of one run, from its start and in order, compacted or not, into those of AG-UI. */
export interface Translator {
  translate(event: RunEvent): Event[];
}

/** Everything that is opened is closed before the run is, whatever the run comes to. */
export function createTranslator({ threadId, runId }: AgUiRun): Translator {
  let view = initialView();
  let step: { readonly name: string; attempt: number } | undefined;
  let attempt: OpenAttempt | undefined;

  const closeStep = (metadata = {}): Event[] => {
    const events: Event[] = [...(attempt?.close() ?? [])];
    if (step) events.push({ type: EventType.STEP_FINISHED, stepName: step.name, ...metadata });
    attempt = undefined;
    step = undefined;
    return events;
  };

  const finish = ({ outcome, output }: RunCompleteEvent): Event[] => {
    const usage = { usage: view.usageByModel.map(tokenUsage) };
    if (outcome === "failed") {
      const { message = "The run failed.", code = "INTERNAL" } = view.errors.findLast(({ fatal }) => fatal) ?? {};
      return [{ type: EventType.RUN_ERROR, message, code, ...usage }];
    }
    const result = output === undefined ? {} : { result: output };
    const type = outcome === "completed" ? "success" : "cancelled";
    return [{ type: EventType.RUN_FINISHED, threadId, runId, outcome: { type }, ...result, ...usage }];
  };

  const body = (event: RunEvent): Event[] => {
    switch (event.type) {
      case "run_start":
        // The run's own id: what it is steered and watched by on the other doors.
        return [
          {
            type: EventType.RUN_STARTED,
            threadId,
            runId,
            protocolVersion: PROTOCOL_VERSION,
            metadata: { stagewire: { runId: event.runId } },
          },
        ];
      case "stage_start": {
        const name = `${event.stage}#${event.iteration}`;
        const before: Event[] = step?.name === name ? (attempt?.close(undefined, true) ?? []) : closeStep();
        if (step?.name !== name) before.push({ type: EventType.STEP_STARTED, stepName: name });
        step = { name, attempt: event.attempt };
        attempt = openAttempt(`${event.runId}/${name}/${event.attempt}`, event);
        return before;
      }
      case "token":
        return event.attempt === step?.attempt ? (attempt?.write(event.channel, event.offset, event.text) ?? []) : [];
      case "stage_complete": {
        const { outcome, verdict, durationMs } = event;
        const rest = attempt?.close(event) ?? [];
        attempt = undefined;
        return [...rest, ...closeStep({ metadata: { stagewire: { outcome, verdict, durationMs } } })];
      }
      case "progress":
        return [activity(event, "progress")];
      case "control":
      case "error":
        return [activity(event, `${event.type}/${event.seq}`)];
      case "run_complete":
        return [...closeStep(), ...finish(event)];
      default:
        return [];
    }
  };

  return {
    translate(event) {
      view = reduce(view, event);
      return body(event).map((translated) => ({ ...translated, timestamp: event.at }));
    },
  };
}

/** What is no part of the conversation, for an interface to show as it likes. The same `name` replaces the one before. */
function activity({ type, runId, seq: _seq, from: _from, at: _at, ...content }: RunEvent, name: string): Event {
  return {
    type: EventType.ACTIVITY_SNAPSHOT,
    messageId: `${runId}/${name}`,
    activityType: `stagewire.${type}`,
    content,
  };
}

function tokenUsage({ model, usage }: ModelUsage): TokenUsage {
  const { promptTokens, completionTokens, reasoningTokens, cachedTokens } = usage;
  return {
    model,
    inputTokens: promptTokens,
    outputTokens: completionTokens,
    totalTokens: promptTokens + completionTokens,
    ...(reasoningTokens !== undefined && { reasoningTokens }),
    ...(cachedTokens !== undefined && { cachedInputTokens: cachedTokens }),
  };
}
