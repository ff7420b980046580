import type { ServerInfo } from "@stagewire/shared";
import type { Engine } from "../engine/engine.js";

/** What every door opens to. */
export interface Services {
  readonly engine: Engine;
  readonly info: ServerInfo;
  readonly maxSubscriptionsPerSocket: number;
}

/** Who steers, as `control` events tell it: there are no identities without authentication, and only this machine gets in. */
export const OPERATOR = "local";
