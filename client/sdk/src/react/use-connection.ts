import { useSyncExternalStore } from "react";
import type { ConnectionState } from "../types.js";
import { useClient } from "./provider.js";

const IDLE: ConnectionState = { status: "idle" };

/** What the socket is doing. */
export function useConnection(): ConnectionState {
  const { connection } = useClient();
  return useSyncExternalStore(
    connection.subscribe,
    () => connection.state,
    () => IDLE,
  );
}
