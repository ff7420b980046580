import { StagewireError } from "@stagewire/shared";
import type { SessionLoss } from "./session.js";

/** Close codes after which the same client is refused again. */
const FINAL_CODES: Readonly<Record<number, "UNAUTHORIZED" | "FORBIDDEN">> = { 4401: "UNAUTHORIZED", 4403: "FORBIDDEN" };

const REFUSALS = {
  UNAUTHORIZED: "did not accept the token: give createClient a valid `token`",
  FORBIDDEN: "refuses this client: its Origin, its Host header or its role is not allowed there",
} as const;

/** The error that makes reconnecting pointless, if the loss is such a one. */
export function finalRefusal(address: string, loss: SessionLoss | undefined): StagewireError | undefined {
  const said = loss?.refusal;
  if (said?.code === "UNAUTHORIZED" || said?.code === "FORBIDDEN") return said;
  const code = FINAL_CODES[loss?.status === undefined ? (loss?.code ?? 0) : 4_000 + loss.status];
  return code && new StagewireError(code, `the server at ${address} ${REFUSALS[code]}`);
}

/** Why nothing can be asked of the server now. */
export function unreachable(address: string, loss: SessionLoss | undefined, wasOpen: boolean): StagewireError {
  return new StagewireError("SERVER_UNREACHABLE", explain(address, loss, wasOpen), { cause: loss });
}

function explain(address: string, loss: SessionLoss | undefined, wasOpen: boolean): string {
  if (loss?.refusal) return `the server at ${address} closed the connection: ${loss.refusal.message}`;
  const status = loss?.status;
  if (status !== undefined)
    return `${address} answers with HTTP ${status} and not as a stagewire server: check the address`;
  if (wasOpen) return `the connection to ${address} was lost and could not be made again: check that the server runs`;
  return `nothing answers at ${address}: run \`npx stagewire serve\`, or check the address`;
}
