import { readdir, readFile, readlink } from "node:fs/promises";

export interface PortHolder {
  readonly pid: number;
  readonly name: string;
}

const LISTEN = "0A";

/** The process that listens on a TCP port, as far as this system tells (Linux, own processes); else `undefined`. */
export async function findPortHolder(port: number): Promise<PortHolder | undefined> {
  const sockets = new Set([
    ...(await listeningSockets("/proc/net/tcp", port)),
    ...(await listeningSockets("/proc/net/tcp6", port)),
  ]);
  if (sockets.size === 0) return undefined;
  const pids = (await orNothing(readdir("/proc"))).filter((entry) => /^\d+$/.test(entry));
  for (const pid of pids) {
    if (!(await holds(pid, sockets))) continue;
    const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "a process");
    return { pid: Number(pid), name: name.trim() };
  }
  return undefined;
}

/** The sockets of a table of the kernel that listen on `port`, as a file descriptor's link names them. */
async function listeningSockets(table: string, port: number): Promise<string[]> {
  const text = await readFile(table, "utf8").catch(() => "");
  return text
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTEN && Number.parseInt(local?.split(":")[1] ?? "", 16) === port)
    .map((fields) => `socket:[${fields[9]}]`);
}

async function holds(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  for (const fd of await orNothing(readdir(`/proc/${pid}/fd`))) {
    if (sockets.has(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ""))) return true;
  }
  return false;
}

/** Other users' processes can't be looked into, and some end while we look. */
function orNothing(entries: Promise<string[]>): Promise<string[]> {
  return entries.catch(() => []);
}
