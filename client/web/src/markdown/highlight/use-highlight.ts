import { useEffect, useMemo, useState } from "react";
import { highlight, type Highlighted, recall } from "./highlighter";

/** How to colour `chunks`, as far as that is known; nothing for `undefined`, which is code that still grows. The array stays the same for the same code. */
export function useHighlight(chunks: readonly string[] | undefined, language: string): Highlighted | undefined {
  const [found, setFound] = useState<{ chunks: readonly string[]; lines: Highlighted }>();
  const before = useMemo(() => chunks && recall(chunks, language), [chunks, language]);

  useEffect(() => {
    if (chunks === undefined || before) return;
    return highlight(chunks, language, (lines) => setFound({ chunks, lines }));
  }, [chunks, language, before]);

  return before ?? (found?.chunks === chunks ? found?.lines : undefined);
}
