import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/**
 * Says why a request must not be served, or nothing. Guards against pages of other sites (`Origin`) and against names
 * that were made to point at this machine (`Host`; DNS rebinding).
 */
export function createOriginCheck(listenHost: string, allowedHosts: readonly string[]) {
  const allowed = new Set(allowedHosts.map((name) => name.toLowerCase()));
  const names = new Set([...LOOPBACK_NAMES, listenHost.toLowerCase(), ...allowed]);
  return (headers: IncomingHttpHeaders): string | undefined => {
    const host = headers.host?.toLowerCase() ?? "";
    const name = host.replace(/:\d+$/, "");
    if (!names.has(name) && !names.has(host)) {
      return `Host ${JSON.stringify(host)} is not one of this server's names: add it to allowedHosts.`;
    }
    const { origin } = headers;
    // Programs send no Origin; a browser that keeps it to itself ("null") is not one of our pages, and neither is
    // whatever else this machine serves at port 80: our names alone are not enough here.
    if (origin === undefined || hostOf(origin) === host || allowed.has(hostOf(origin))) return undefined;
    return `Origin ${JSON.stringify(origin)} may not use this server: add its host to allowedHosts.`;
  };
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host.toLowerCase() : "";
}
