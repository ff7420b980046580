import type { RunEvent } from "@stagewire/shared";

export type ViolationKind = "lost" | "duplicated" | "out of order" | "other";

/** Something that PROTOCOL.md promises and that did not hold. */
export interface Violation {
  readonly kind: ViolationKind;
  readonly what: string;
  readonly runId?: string;
  readonly events?: readonly RunEvent[];
  /** Set by the campaign: what was injected in that round so far. */
  round?: number;
  faults?: readonly string[];
}

/** What a campaign did and found. */
export interface Tally {
  readonly faults: Map<string, number>;
  rounds: number;
  runs: number;
  /** Events that watchers were given, each of them checked. */
  events: number;
  /** Acks that were held against the log. */
  acks: number;
  readonly outcomes: Map<string, number>;
  /** Ms from a kill -9 to the first event that was appended after it, where a run was open. */
  readonly recoveryMs: number[];
  readonly violations: Violation[];
}

export function createTally(): Tally {
  return {
    faults: new Map(),
    rounds: 0,
    runs: 0,
    events: 0,
    acks: 0,
    outcomes: new Map(),
    recoveryMs: [],
    violations: [],
  };
}

export function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

export function total(map: Map<string, number>): number {
  return [...map.values()].reduce((sum, value) => sum + value, 0);
}

/** The value below which this share of the values lies; `NaN` without values. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Markdown, fit for docs/reliability.md. */
export function describeTally(tally: Tally): string[] {
  const { faults, events, runs, rounds, acks, recoveryMs, outcomes, violations } = tally;
  const of = (kind: ViolationKind) => violations.filter((violation) => violation.kind === kind).length;
  const ms = (share: number) => (recoveryMs.length > 0 ? `${Math.round(percentile(recoveryMs, share))} ms` : "–");
  const ends = [...outcomes]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([outcome, number]) => `${number} ${outcome}`);
  const rows: [string, string | number][] = [
    ...[...faults].toSorted(([a], [b]) => a.localeCompare(b)),
    ["**faults**", total(faults)],
    ["rounds", rounds],
    ["runs", `${runs} (${ends.join(", ")})`],
    ["acks checked", acks],
    ["events checked", events],
    ["lost", of("lost")],
    ["duplicated", of("duplicated")],
    ["out of order", of("out of order")],
    ["other violations", of("other")],
    ["recoveries measured", recoveryMs.length],
    ["time to recover, p50", ms(0.5)],
    ["p99", ms(0.99)],
    ["max", ms(1)],
  ];
  return ["| | |", "|---|--:|", ...rows.map(([name, value]) => `| ${name} | ${value} |`)];
}

/** All that is needed to look into a violation. */
export function describeViolation(violation: Violation, seed: number): string[] {
  const { kind, what, runId, events = [], round, faults = [] } = violation;
  return [
    `VIOLATION (${kind}): ${what}`,
    `  seed ${seed}, round ${round ?? "?"}, run ${runId ?? "–"}, faults so far in this round: ${faults.join(", ") || "none"}`,
    ...events.map((event) => `  ${JSON.stringify(event).slice(0, 600)}`),
  ];
}
