import type { CodeFile } from "@stagewire/client/documents";
import type { RunView } from "@stagewire/shared";
import { useEffect, useState } from "react";
import { errorText } from "../lib/explain";
import { ask } from "./ask";

export type CodeState =
  | { readonly status: "reading" }
  | { readonly status: "read"; readonly files: readonly CodeFile[] }
  | { readonly status: "failed"; readonly message: string };

/** The files of what a run has built, read beside the page. */
export function useCode(view: RunView): CodeState {
  const [state, setState] = useState<CodeState>({ status: "reading" });
  useEffect(() => {
    const aborted = new AbortController();
    ask("code", view, aborted.signal).then(
      (files) => setState({ status: "read", files }),
      (thrown: unknown) => {
        if (!aborted.signal.aborted) setState({ status: "failed", message: errorText(thrown) });
      },
    );
    return () => aborted.abort();
  }, [view]);
  return state;
}
