import { type Event, EventType } from "@ag-ui/core";
import type { StageCompleteEvent, StageStartEvent } from "@stagewire/shared";

/** What of one attempt is open in an AG-UI stream, and how much of its text has been told. */
export interface OpenAttempt {
  /** Text of a channel from `offset` on: what was told already is left out. */
  write(channel: "output" | "reasoning", offset: number, text: string): Event[];
  /** Closes what is open, after the rest of the texts where they are known. `isVoid`: another attempt takes its place. */
  close(ended?: Pick<StageCompleteEvent, "output" | "reasoning">, isVoid?: boolean): Event[];
}

/**
 * One attempt is one text message. Its reasoning is a span of its own, closed as soon as the answer begins, so that an
 * interface can fold it away; where a model goes on thinking later, that is one more span.
 */
export function openAttempt(id: string, { stage, iteration }: StageStartEvent): OpenAttempt {
  const name = `${stage}#${iteration}`;
  const told = { output: 0, reasoning: 0 };
  let spans = 0;
  let open: "none" | "output" | "reasoning" = "none";
  let hasMessage = false;
  const spanId = () => `${id}/reasoning-${spans}`;

  const closeReasoning = (): Event[] => {
    if (open !== "reasoning") return [];
    open = "none";
    return [
      { type: EventType.REASONING_MESSAGE_END, messageId: spanId() },
      { type: EventType.REASONING_END, messageId: spanId() },
    ];
  };
  const beginReasoning = (): Event[] => {
    if (open === "reasoning") return [];
    open = "reasoning";
    spans++;
    return [
      { type: EventType.REASONING_START, messageId: spanId() },
      { type: EventType.REASONING_MESSAGE_START, messageId: spanId(), role: "reasoning" },
    ];
  };
  const beginOutput = (): Event[] => {
    const before = closeReasoning();
    open = "output";
    if (hasMessage) return before;
    hasMessage = true;
    return [...before, { type: EventType.TEXT_MESSAGE_START, messageId: id, role: "assistant", name }];
  };
  const write: OpenAttempt["write"] = (channel, offset, text) => {
    const delta = text.slice(Math.max(0, told[channel] - offset));
    if (delta === "") return [];
    told[channel] += delta.length;
    return channel === "output"
      ? [...beginOutput(), { type: EventType.TEXT_MESSAGE_CONTENT, messageId: id, delta }]
      : [...beginReasoning(), { type: EventType.REASONING_MESSAGE_CONTENT, messageId: spanId(), delta }];
  };
  return {
    write,
    close(ended, isVoid = false) {
      const rest = ended ? [...write("reasoning", 0, ended.reasoning ?? ""), ...write("output", 0, ended.output)] : [];
      const events = [...rest, ...closeReasoning()];
      if (!hasMessage) return events;
      const metadata = isVoid ? { metadata: { stagewire: { void: true } } } : {};
      return [...events, { type: EventType.TEXT_MESSAGE_END, messageId: id, ...metadata }];
    },
  };
}
