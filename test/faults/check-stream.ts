import { isDeepStrictEqual } from "node:util";
import { type Ack, reduce, type RunEvent, type RunView } from "@stagewire/shared";
import type { Violation, ViolationKind } from "./tally.js";

/** What one watcher saw of a run, over all its connections. */
export interface Seen {
  readonly name: string;
  readonly detail: "tokens" | "stages";
  readonly events: readonly RunEvent[];
}

/** Does `event` continue what ended at `last`? The answer is what is wrong with it. */
export function checkContinuity(
  event: RunEvent,
  last: number,
  earlier: readonly RunEvent[],
): { kind: ViolationKind; what: string } | undefined {
  const first = event.from ?? event.seq;
  if (first === last + 1 && event.seq >= first) return undefined;
  if (first > last + 1) return { kind: "lost", what: `after ${last} comes ${describe(event)}` };
  const again = earlier.some(({ seq, type }) => seq === event.seq && type === event.type);
  return again
    ? { kind: "duplicated", what: `${describe(event)} came again after ${last}` }
    : { kind: "out of order", what: `after ${last} comes ${describe(event)}` };
}

/** Everything about a closed run that can be told from what its watchers saw, its view and the acks that clients hold. */
export function checkRun(view: RunView, seen: readonly Seen[], acks: readonly Ack[]): Violation[] {
  const { runId } = view;
  const found: Violation[] = [];
  const other = (what: string, events: readonly RunEvent[] = []) => found.push({ kind: "other", what, runId, events });
  for (const one of seen) {
    for (const { what, events, kind = "other" } of checkStream(one)) {
      found.push({ kind, what: `${one.name}: ${what}`, runId, events });
    }
    const fold = one.events.reduce<RunView | undefined>(reduce, undefined);
    if (!isDeepStrictEqual(fold, view)) {
      other(`${one.name}: its fold is not what runs.get says: ${difference(fold, view)}`, one.events.slice(-3));
    }
  }
  found.push(...checkOneHistory(runId, seen));
  for (const ack of acks) {
    const controls = view.controls.filter(({ commandId }) => commandId === ack.commandId);
    const [control] = controls;
    if (ack.seq === undefined) {
      if (ack.reason !== "run_closed") other(`an ack without seq: ${JSON.stringify(ack)}`);
      if (controls.length > 0) other(`run_closed was answered, and there is a control event: ${JSON.stringify(ack)}`);
    } else if (controls.length !== 1 || control?.seq !== ack.seq || control.outcome !== ack.outcome) {
      found.push({
        kind: controls.length === 0 ? "lost" : "other",
        what: `acknowledged command ${JSON.stringify(ack)} is in the log as ${JSON.stringify(controls)}`,
        runId,
      });
    }
  }
  const ids = view.controls.map(({ commandId }) => commandId);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) other(`the command ${twice} acted twice`);
  return found;
}

interface Fault {
  readonly what: string;
  readonly events: readonly RunEvent[];
  readonly kind?: ViolationKind;
}

/** PROTOCOL.md, "What a stream keeps to", but for continuity, which is checked as events come. `open`: the run goes on. */
export function checkStream({ events, detail }: Seen, open = false): Fault[] {
  const faults: Fault[] = [];
  const first = events[0];
  const last = events.at(-1);
  if (open && events.length === 0) return faults;
  if (first?.type !== "run_start" || first.seq !== 1)
    faults.push({ what: "no run_start first", events: [first ?? []].flat() });
  if (!open && last?.type !== "run_complete")
    faults.push({ what: "no run_complete last", events: [last ?? []].flat() });

  /** The step that runs. `whole` until something may have been left out of its text. */
  let step: { key: string; attempt: number; output: string; reasoning: string; whole: boolean } | undefined;
  const attempts = new Map<string, number>();
  let ending: RunEvent | undefined;
  const durations = checkDurations();
  for (const [index, event] of events.entries()) {
    const fault = (what: string, kind?: ViolationKind) =>
      faults.push({ what, events: events.slice(Math.max(0, index - 2), index + 1), ...(kind && { kind }) });
    if (index > 0 && event.type === "run_start") fault("a second run_start");
    if (index < events.length - 1 && event.type === "run_complete") fault("run_complete is not the last");
    if (ending && event.type !== "stage_complete")
      fault(`${describe(event)} between a command and the end that it brought`);
    ending = undefined;
    const wrong = durations(event);
    if (wrong !== undefined) fault(wrong);
    if (step && event.type !== "token" && event.from !== undefined) step.whole = false;
    switch (event.type) {
      case "stage_start": {
        const key = `${event.stage}#${event.iteration}`;
        if (step && step.key !== key) fault(`${key} begins while ${step.key} runs`);
        if (event.attempt <= (attempts.get(key) ?? 0)) fault(`attempt ${event.attempt} after ${attempts.get(key)}`);
        attempts.set(key, event.attempt);
        step = { key, attempt: event.attempt, output: "", reasoning: "", whole: detail === "tokens" };
        break;
      }
      case "token": {
        const key = `${event.stage}#${event.iteration}`;
        if (step?.key !== key || step.attempt !== event.attempt) {
          fault(`a token of ${key}, attempt ${event.attempt}, which does not run`);
          break;
        }
        const have = step[event.channel];
        if (event.offset > have.length)
          fault(`text is missing before offset ${event.offset}: there are ${have.length}`, "lost");
        const overlap = have.slice(event.offset);
        const same = Math.min(overlap.length, event.text.length);
        if (overlap.slice(0, same) !== event.text.slice(0, same)) fault("two texts at one offset");
        step[event.channel] = have.slice(0, event.offset) + event.text + overlap.slice(event.text.length);
        break;
      }
      case "stage_complete": {
        const key = `${event.stage}#${event.iteration}`;
        if (!step || step.key !== key || step.attempt !== event.attempt) {
          fault(`the end of ${key}, attempt ${event.attempt}, which does not run`);
        } else {
          for (const channel of ["output", "reasoning"] as const) {
            const text = event[channel] ?? "";
            const fits = step.whole ? text === step[channel] : text.startsWith(step[channel]);
            if (!fits)
              fault(`the tokens of ${key} are not its ${channel}: ${JSON.stringify(step[channel].slice(-80))}`);
          }
        }
        step = undefined;
        break;
      }
      case "control": {
        const { command, outcome } = event;
        const now = (command.type === "cancel" || command.type === "skip") && command.when === "now";
        if (now && outcome === "applied" && step) ending = event;
        break;
      }
      case "run_complete":
        if (step) fault(`run_complete while ${step.key} runs`);
        break;
      default:
    }
  }
  return faults;
}

/** Far longer than a step takes in a campaign, and shorter than any of its clocks is off. */
const LONGEST_STEP_MS = 90_000;

/** Durations are measured: none goes back and none jumps, whatever happens to the server's clock. The answer is what is wrong. */
function checkDurations(): (event: RunEvent) => string | undefined {
  let elapsedMs = 0;
  return (event) => {
    if (event.type === "stage_complete" && event.durationMs > LONGEST_STEP_MS)
      return `a step of ${event.durationMs} ms`;
    const told =
      event.type === "progress" ? event.elapsedMs : event.type === "run_complete" ? event.durationMs : elapsedMs;
    if (told < elapsedMs) return `${told} ms after the run's start follow on ${elapsedMs}`;
    elapsedMs = told;
    if (event.type !== "progress") return undefined;
    const { etaMs = 0, tokensPerSecond = 0 } = event;
    if (etaMs > 20 * LONGEST_STEP_MS) return `${etaMs} ms are said to be left`;
    return tokensPerSecond > 10_000 ? `${tokensPerSecond} tokens a second` : undefined;
  };
}

/** All watchers saw one log: what stands at a `seq` is the same for all. */
function checkOneHistory(runId: string, seen: readonly Seen[]): Violation[] {
  const bySeq = new Map<number, { event: RunEvent; name: string }>();
  for (const { events, name } of seen) {
    for (const event of events) {
      // A merged token has the `seq` of its last part.
      if (event.type === "token" && event.from !== undefined) continue;
      const before = bySeq.get(event.seq);
      if (!before) {
        bySeq.set(event.seq, { event, name });
        continue;
      }
      if (isDeepStrictEqual(bare(before.event), bare(event))) continue;
      const what = `${before.name} and ${name} saw different events at ${event.seq}`;
      return [{ kind: "out of order", what, runId, events: [before.event, event] }];
    }
  }
  return [];
}

function bare({ from: _from, ...event }: RunEvent): object {
  return event;
}

function describe(event: RunEvent): string {
  return `${event.type} ${event.from === undefined ? "" : `${event.from}…`}${event.seq}`;
}

function difference(a: object | undefined, b: object): string {
  if (!a) return "nothing was seen";
  const left = new Map(Object.entries(a));
  const keys = new Set([...left.keys(), ...Object.keys(b)]);
  const differing = [...keys].filter(
    (key) => !isDeepStrictEqual(left.get(key), Object.getOwnPropertyDescriptor(b, key)?.value),
  );
  return `they differ in ${differing.join(", ")}`;
}
