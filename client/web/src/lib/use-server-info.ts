import type { ServerInfo } from "@stagewire/shared";
import { useClient, useConnection } from "@stagewire/client/react";
import { useEffect, useState } from "react";

/** What the server says about itself; asked again after each reconnect, since it may be another one by then. */
export function useServerInfo(): ServerInfo | undefined {
  const client = useClient();
  const { status } = useConnection();
  const [info, setInfo] = useState<ServerInfo>();
  const lost = status === "reconnecting" || status === "closed";
  useEffect(() => {
    if (lost) return;
    const aborted = new AbortController();
    // A failure shows on the connection itself, and the next connection asks again.
    client.server.info({ signal: aborted.signal }).then(setInfo, () => undefined);
    return () => aborted.abort();
  }, [client, lost]);
  return info;
}
