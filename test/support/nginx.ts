import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "vitest";
import { fencesOf, readDocument } from "./documents.js";
import { freePort } from "./server-process.js";

/** nginx on this machine; undefined where there is none. Debian has it where users' PATHs do not look. */
export const nginx = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"]
  .map((folder) => join(folder, "nginx"))
  .find((file) => existsSync(file));

/** A request that nginx has ended, by its access log. */
export interface Passed {
  readonly status: number;
  readonly seconds: number;
  /** What was asked for, without the query. */
  readonly path: string;
  readonly agent: string;
}

export interface Nginx extends AsyncDisposable {
  readonly url: string;
  /** Waits until every connection is over, ends nginx, and reads what it has passed on. */
  stop(): Promise<Passed[]>;
}

/**
 * An nginx of the test's own in front of `upstream`, with the lines of docs/doors.md and everything else as it comes,
 * but for `also`: more lines of its server.
 */
export async function startNginx(upstream: string, also = ""): Promise<Nginx> {
  const location = fencesOf(readDocument("docs/doors.md")).find(({ info }) => info === "nginx")?.body ?? "";
  expect(location).toContain("http://127.0.0.1:4400;");
  return await startNginxWith(
    ({ listen }) => `server { listen ${listen}; ${also} ${location.replace("http://127.0.0.1:4400", upstream)} }`,
  );
}

/** Where this nginx listens, and a file that holds the users `users`. */
export interface NginxPlaces {
  readonly listen: string;
  readonly htpasswd: string;
}

/** An nginx of the test's own with this in its http block. `users` are lines as `name:{PLAIN}password`. */
export async function startNginxWith(http: (places: NginxPlaces) => string, users = ""): Promise<Nginx> {
  if (nginx === undefined) throw new Error("there is no nginx here");
  const folder = await mkdtemp(join(tmpdir(), "stagewire-nginx-"));
  // Its workers give up root's rights.
  await chmod(folder, 0o755);
  const port = await freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const htpasswd = join(folder, "htpasswd");
  await writeFile(htpasswd, users);
  await writeFile(
    join(folder, "nginx.conf"),
    `daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
worker_processes 1;
events {}
http {
  log_format passed '$status $request_time $uri $http_user_agent';
  access_log ${folder}/access.log passed;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
  ${http({ listen: `127.0.0.1:${port}`, htpasswd })}
}
`,
  );
  const child = spawn(nginx, ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const gone = once(child, "exit");
  const ended = gone.then(() => Promise.reject(new Error(`nginx ended: ${said}`)));
  ended.catch(() => {});
  await Promise.race([listens(port), ended]);
  const stop = async () => {
    // It waits for what its clients are about to close: only what has ended is in its log.
    child.kill("SIGQUIT");
    await gone;
    const lines = await readFile(join(folder, "access.log"), "utf8");
    return lines.split("\n").filter(Boolean).map(toPassed);
  };
  return {
    url: `http://127.0.0.1:${port}`,
    stop,
    async [Symbol.asyncDispose]() {
      end(child);
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function toPassed(line: string): Passed {
  const [status = "", seconds = "", path = "", ...agent] = line.split(" ");
  return { status: Number(status), seconds: Number(seconds), path, agent: agent.join(" ") };
}

function end(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
}

async function listens(port: number): Promise<void> {
  await expect
    .poll(
      () =>
        new Promise<boolean>((resolve) => {
          const socket = connect(port, "127.0.0.1");
          socket.once("connect", () => {
            socket.destroy();
            resolve(true);
          });
          socket.once("error", () => resolve(false));
        }),
    )
    .toBe(true);
}
