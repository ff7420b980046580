import { createContext, type ReactNode, useContext } from "react";
import type { Client } from "../types.js";

const ClientContext = createContext<Client | undefined>(undefined);

/** Gives a client to the hooks below it. Whoever made the client closes it. */
export function StagewireProvider({ client, children }: { client: Client; children?: ReactNode }) {
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>;
}

/** The client of the {@link StagewireProvider} above. Throws where there is none. */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (!client) throw new Error("there is no <StagewireProvider client={createClient(…)}> above this component");
  return client;
}
