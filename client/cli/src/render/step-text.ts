import type { StageCompleteEvent, TokenEvent } from "@stagewire/shared";

/** What has been printed of the latest attempt's output of each step, so that nothing is printed twice or left out. */
export interface StepText {
  /** The part of a token's text that was not printed yet. Half of a character waits for its other half. */
  fresh(event: TokenEvent): string;
  /** The part of a finished output that no token brought, as after a late join. */
  rest(event: StageCompleteEvent): string;
}

interface Printed {
  readonly attempt: number;
  /** UTF-16 units. */
  readonly length: number;
  /** The first half of a surrogate pair that came behind them. */
  readonly held: string;
}

export function createStepText(): StepText {
  const printed = new Map<string, Printed>();
  const take = (event: { stage: string; iteration: number; attempt: number }, offset: number, text: string) => {
    const key = `${event.stage}#${event.iteration}`;
    const before = printed.get(key);
    const { length, held } = before?.attempt === event.attempt ? before : { length: 0, held: "" };
    const received = length + held.length;
    const end = offset + text.length;
    if (end <= received) return "";
    const unseen = offset <= length ? text.slice(length - offset) : held + text.slice(Math.max(0, received - offset));
    const half = /[\ud800-\udbff]$/.exec(unseen)?.[0] ?? "";
    printed.set(key, { attempt: event.attempt, length: end - half.length, held: half });
    return unseen.slice(0, unseen.length - half.length);
  };
  return {
    fresh: (event) => take(event, event.offset, event.text),
    rest: (event) => take(event, 0, event.output),
  };
}
