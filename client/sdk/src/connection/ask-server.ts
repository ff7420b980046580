import { fromShape } from "../errors.js";
import type { ResolvedOptions } from "../options.js";
import { linkSignals } from "../signals.js";
import type { SessionLoss } from "./session.js";

/** The headers that say who asks. Never in an address: those end up in logs. */
export function credentials({ token }: ResolvedOptions): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** Asks over plain HTTP whether a stagewire server answers this client. Resolves with what is in the way, if anything is. */
export async function askServer(
  options: ResolvedOptions,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<SessionLoss | undefined> {
  const scope = linkSignals(signal);
  const timer = setTimeout(() => scope.abort(new Error("timed out")), timeoutMs);
  try {
    const response = await fetch(`${options.httpEndpoint}/server.info`, {
      headers: credentials(options),
      cache: "no-store",
      signal: scope.signal,
    });
    const { status } = response;
    const text = await response.text();
    if (!response.ok) return { status, ...refusalIn(text) };
    return isInfo(parse(text)) ? undefined : { status };
  } catch (thrown) {
    return { detail: thrown instanceof Error ? thrown.message : String(thrown) };
  } finally {
    clearTimeout(timer);
    scope.release();
  }
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusalIn(text: string): Pick<SessionLoss, "refusal"> {
  const error = get(parse(text), "error");
  return typeof error === "object" && error !== null ? { refusal: fromShape(error, error) } : {};
}

/** What a page that a proxy or a hotel's network puts in the way is not. */
function isInfo(answer: unknown): boolean {
  return get(get(get(answer, "result"), "data"), "protocol") !== undefined;
}

function get(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
