import type { PipelineInfo } from "@stagewire/shared";
import { useClient } from "@stagewire/client/react";
import { useEffect, useState } from "react";
import { errorText } from "../lib/explain";

/** The server's pipelines, the one that a run gets by itself first; or why they can't be had. */
export function usePipelines(): { pipelines: readonly PipelineInfo[] | undefined; error: string | undefined } {
  const client = useClient();
  const [state, setState] = useState<{ pipelines?: readonly PipelineInfo[]; error?: string }>({});
  useEffect(() => {
    const aborted = new AbortController();
    client.pipelines.list({ signal: aborted.signal }).then(
      (pipelines) => setState({ pipelines }),
      (thrown: unknown) => {
        if (!aborted.signal.aborted) setState({ error: errorText(thrown) });
      },
    );
    return () => aborted.abort();
  }, [client]);
  return { pipelines: state.pipelines, error: state.error };
}
