import { useState } from "react";

/** The list of an earlier render, as long as its items are the same: for memos over lists that are made anew each time. */
export function useSame<Item>(items: readonly Item[]): readonly Item[] {
  const [last, setLast] = useState(items);
  const same = last.length === items.length && last.every((item, index) => item === items[index]);
  if (!same) setLast(items);
  return same ? last : items;
}
