import { useRuns } from "@stagewire/client/react";
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { formatCount, plural } from "../lib/format";
import { isNewestFirst, queryRuns } from "./list-query";
import { NoRuns } from "./no-runs";
import { RunsFilter } from "./runs-filter";
import { RunsTable } from "./runs-table";
import { useListQuery } from "./use-list-query";
import { usePlaceInList } from "./use-place-in-list";
import "./runs.css";

/** All runs, live, as the address asks for them. Older ones are loaded as they are needed. `alone`: no form stands above. */
export function RunsSection({ alone = false }: { alone?: boolean }) {
  const { runs, ready, hasMore, error, loadMore } = useRuns();
  const { query, change } = useListQuery();
  usePlaceInList();
  // Typing goes on while ten thousand runs are searched.
  const shown = useDeferredValue(query);
  const found = useMemo(() => queryRuns(runs, shown), [runs, shown]);
  const [nearEnd, setNearEnd] = useState(false);
  const needsAll = !isNewestFirst(shown.sort);
  const loading = hasMore && !error && (needsAll || nearEnd || found.length === 0);
  useEffect(() => {
    if (loading) loadMore();
    // Once more with each page, until enough is there.
  }, [loading, loadMore, runs]);

  const filtered = shown.text !== "" || shown.status !== undefined;
  if (error && runs.length === 0) {
    return (
      <p className="form-error" role="alert">
        {error.message}
      </p>
    );
  }
  if (!ready) return <p className="note">Loading…</p>;
  if (runs.length === 0) return <NoRuns alone={alone} />;
  return (
    <>
      {error && (
        <p className="form-error" role="alert">
          The list does not change any further: {error.message} Reload the page to see the runs as they are now.
        </p>
      )}
      <RunsFilter query={query} onChange={change} />
      <p className="runs-count muted">{countText({ found: found.length, held: runs.length, hasMore, filtered })}</p>
      {found.length > 0 && (
        <RunsTable
          question={JSON.stringify(shown)}
          runs={found}
          complete={!hasMore}
          sort={shown.sort}
          onSort={(next) => change({ sort: next })}
          onNearEnd={setNearEnd}
        />
      )}
      {found.length === 0 && !loading && (
        <div className="runs-none">
          <p>No run is like that.</p>
          <button type="button" onClick={() => change({ text: "", status: undefined })}>
            Show all runs
          </button>
        </div>
      )}
    </>
  );
}

interface Count {
  readonly found: number;
  /** Runs that were looked at. */
  readonly held: number;
  readonly hasMore: boolean;
  readonly filtered: boolean;
}

function countText({ found, held, hasMore, filtered }: Count): string {
  if (hasMore) {
    return filtered
      ? `${plural(found, "run")} of the newest ${formatCount(held)}`
      : `The newest ${plural(held, "run")}`;
  }
  return filtered ? `${formatCount(found)} of ${plural(held, "run")}` : plural(held, "run");
}
