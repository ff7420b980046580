import { createAdmission } from "../admission.js";
import { OPERATOR, type Services } from "../services.js";

/** What a procedure knows about its caller: made once a connection on WebSocket, once a request on HTTP. */
export interface Context extends Services {
  /** Who steers, as `control` events tell it. */
  readonly by: string;
  /** What a watcher asks before each frame; nothing on HTTP, where the stream itself holds back. */
  readonly ready: (() => Promise<void> | undefined) | undefined;
  /** Counts one subscription in; throws `TOO_MANY_REQUESTS` when the socket has its fill. Returns the function that counts it out. */
  subscribe(): () => void;
}

/** Calls in one batch; more are refused. */
export const MAX_BATCH_SIZE = 100;

/** `ready` is what a watcher asks before each frame, where the connection itself does not hold it back. */
export function createContext(services: Services, ready?: () => Promise<void> | undefined): Context {
  return {
    ...services,
    by: OPERATOR,
    ready,
    subscribe: createAdmission(services.maxSubscriptionsPerSocket),
  };
}
