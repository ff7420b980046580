import type { RunStatus, RunSummary } from "@stagewire/shared";
import { matchesWords, searchWords } from "./search-runs";

export const STATUSES: readonly RunStatus[] = ["queued", "running", "paused", "completed", "cancelled", "failed"];

/** What the list can be sorted by. */
export const SORTS = ["title", "elapsed", "cost", "rate", "started"] as const;
export type SortKey = (typeof SORTS)[number];

export interface Sort {
  readonly by: SortKey;
  readonly ascending: boolean;
}

/** What of the runs is shown, as the address has it. */
export interface ListQuery {
  readonly text: string;
  readonly status: RunStatus | undefined;
  readonly sort: Sort;
}

const NEWEST_FIRST: Sort = { by: "started", ascending: false };

/** Reads the address. What it does not know is taken as not given. Pure. */
export function readQuery(params: URLSearchParams): ListQuery {
  const [by, order] = (params.get("sort") ?? "").split(".");
  const known = SORTS.find((key) => key === by);
  return {
    text: params.get("q") ?? "",
    status: STATUSES.find((status) => status === params.get("status")),
    sort: known ? { by: known, ascending: order === "asc" } : NEWEST_FIRST,
  };
}

/** The parameters of an address with `query`; what is as always is left out. Pure. */
export function writeQuery({ text, status, sort }: ListQuery): Record<string, string> {
  return {
    ...(text !== "" && { q: text }),
    ...(status !== undefined && { status }),
    ...(!isNewestFirst(sort) && { sort: `${sort.by}.${sort.ascending ? "asc" : "desc"}` }),
  };
}

/** True for the order in which runs come from the server: no other run is needed to show the first ones. */
export function isNewestFirst({ by, ascending }: Sort): boolean {
  return by === "started" && !ascending;
}

/** The runs that `query` asks for, in its order. `runs` are newest first; runs without the value come last. Pure. */
export function queryRuns(runs: readonly RunSummary[], { text, status, sort }: ListQuery): readonly RunSummary[] {
  const words = searchWords(text);
  const all = words.length === 0 && status === undefined;
  const found = all
    ? runs
    : runs.filter((run) => (status === undefined || run.status === status) && matchesWords(run, words));
  if (isNewestFirst(sort)) return found;
  const value = VALUES[sort.by];
  const direction = sort.ascending ? 1 : -1;
  return found.toSorted((a, b) => {
    const [left, right] = [value(a), value(b)];
    if (left === right) return 0;
    if (left === undefined) return 1;
    if (right === undefined) return -1;
    return left < right ? -direction : direction;
  });
}

const VALUES: Record<SortKey, (run: RunSummary) => string | number | undefined> = {
  title: ({ title }) => title.toLowerCase(),
  elapsed: ({ elapsedMs }) => elapsedMs,
  cost: ({ costUsd }) => costUsd,
  rate: ({ tokensPerSecond }) => tokensPerSecond,
  started: ({ createdAt }) => createdAt,
};
