import { useMemo } from "react";
import { useSearchParams } from "wouter";
import { type ListQuery, readQuery, writeQuery } from "./list-query";

/**
 * What the address asks the list for, and how to ask for something else. `query` stays the same object until it changes.
 * The steps of the browser's history are kept for other pages.
 */
export function useListQuery(): { query: ListQuery; change: (part: Partial<ListQuery>) => void } {
  const [params, setParams] = useSearchParams();
  const address = params.toString();
  const query = useMemo(() => readQuery(new URLSearchParams(address)), [address]);
  return { query, change: (part) => setParams(writeQuery({ ...query, ...part }), { replace: true }) };
}
