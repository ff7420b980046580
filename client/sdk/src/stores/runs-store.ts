import { type Cursor, type ListResult, type RunSummary, StagewireError, toStagewireError } from "@stagewire/shared";
import { isRetried } from "../errors.js";
import { linkSignals, onAbort, sleep } from "../signals.js";
import type { Client } from "../types.js";
import { createLiveStore, type Store } from "./live-store.js";
import { createRunsList } from "./runs-list.js";

/** The runs as they are known now. */
export interface RunsState {
  /** Newest first, without a hole down to the last one. */
  readonly runs: readonly RunSummary[];
  /** True once the newest runs are there, or an error. */
  readonly ready: boolean;
  /** True when the server has older runs, which `loadMore` asks for. */
  readonly hasMore: boolean;
  /** Why the list does not change any further. */
  readonly error?: StagewireError;
}

export const NO_RUNS: RunsState = { runs: [], ready: false, hasMore: false };

export interface RunsStore extends Store<RunsState> {
  /** Asks for the next older runs; does nothing while they are on their way or when there are none. */
  loadMore(): void;
}

/** Runs in one page: the most that the protocol allows. */
const PAGE = 200;
/** The feed does not tell of runs that are deleted: this often, in ms, the runs that are known are listed again. */
const REREAD_MS = 300_000;

/** The latest summaries of the newest runs, kept up to date while somebody looks on. Older runs come when asked for. */
export function createRunsStore(client: Client, onIdle?: () => void): RunsStore {
  const demand = createDemand();
  const store = createLiveStore({
    initial: NO_RUNS,
    run: (set, signal) => followRuns({ client, set, demand }, signal),
    ...(onIdle && { onIdle }),
  });
  return { ...store, loadMore: () => demand.raise() };
}

interface Following {
  readonly client: Client;
  readonly set: (state: RunsState) => void;
  readonly demand: Demand;
}

async function followRuns(following: Following, signal: AbortSignal): Promise<void> {
  let state = NO_RUNS;
  const set = (next: RunsState): void => following.set((state = next));
  for (;;) {
    const round = linkSignals(signal);
    try {
      await followOnce({ ...following, set }, round);
      return;
    } catch (thrown) {
      if (signal.aborted) return;
      // The server's data was replaced: what it has now is what counts.
      if (thrown instanceof StagewireError && thrown.code === "CURSOR_UNRECOVERABLE") continue;
      set({ ...state, ready: true, error: toStagewireError(thrown) });
      return;
    } finally {
      // What is still under way of a round that failed.
      round.abort();
    }
  }
}

/** The newest page first; then the changes from there on, and a page more each time somebody asks. */
async function followOnce(
  { client, set, demand }: Following,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const list = createRunsList();
  let next: string | undefined;
  let wish: Promise<void> | undefined;
  const publish = (): void => set({ runs: list.read(), ready: true, hasMore: next !== undefined });

  async function pageAt(cursor: string | undefined): Promise<ListResult> {
    for (;;) {
      try {
        return await client.runs.list({ limit: PAGE, ...(cursor !== undefined && { cursor }) }, { signal });
      } catch (thrown) {
        // As the feed, the list waits for the server for as long as it takes.
        if (!isRetried(thrown) || client.connection.state.status === "closed") throw thrown;
      }
    }
  }
  async function load(): Promise<Cursor | undefined> {
    const page = await pageAt(next);
    next = page.nextCursor;
    list.addPage(page.runs, next === undefined);
    // Before anybody hears of this page: whoever does may ask for the next one at once.
    wish = demand.raised(signal);
    publish();
    return page.feedCursor;
  }
  async function rereadNowAndThen(): Promise<void> {
    for (;;) {
      await sleep(REREAD_MS, signal);
      const runs: RunSummary[] = [];
      let cursor: string | undefined;
      do {
        const page = await pageAt(cursor);
        runs.push(...page.runs);
        cursor = page.nextCursor;
      } while (cursor !== undefined && runs.length < list.read().length);
      list.reread(runs, cursor === undefined);
      publish();
    }
  }
  async function loadOnDemand(): Promise<void> {
    while (next !== undefined) {
      await wish;
      await load();
    }
  }
  async function feed(cursor: Cursor | undefined): Promise<void> {
    const changes = client.runs.feed({ signal, onCursor: publish, ...(cursor !== undefined && { cursor }) });
    for await (const summary of changes) list.change(summary);
  }

  const cursor = await load();
  await Promise.all([feed(cursor), loadOnDemand(), rereadNowAndThen()]);
}

interface Demand {
  raise(): void;
  /** Resolves with the next `raise`, or when the signal aborts. */
  raised(signal: AbortSignal): Promise<void>;
}

/** Wishes that are made while one is being met fall together with it. */
function createDemand(): Demand {
  let meet: (() => void) | undefined;
  return {
    raise: () => meet?.(),
    raised: (signal) =>
      new Promise((resolve) => {
        const letGo = onAbort(signal, resolve);
        meet = () => {
          letGo();
          meet = undefined;
          resolve();
        };
      }),
  };
}
