import { createEndpoint, type EndpointOptions } from "./endpoint.js";

export interface WebhooksOptions extends Pick<EndpointOptions, "log" | "logger" | "retries"> {
  readonly endpoints: readonly Pick<EndpointOptions, "url" | "secret" | "events" | "name">[];
}

/** Tells endpoints of what happens to the runs of a log, each by itself. */
export interface Webhooks {
  /** Waits at most `ms` until everything that has happened was tried, then breaks off. */
  close(ms: number): Promise<void>;
}

/** Goes on where the last one on this log was. */
export function createWebhooks({ endpoints, ...shared }: WebhooksOptions): Webhooks {
  const opened = endpoints.map((endpoint) => createEndpoint({ ...endpoint, ...shared }));
  return {
    async close(ms) {
      await Promise.all(
        opened.map(async (endpoint) => {
          try {
            await endpoint.settled(ms);
          } finally {
            await endpoint.close();
          }
        }),
      );
    },
  };
}
