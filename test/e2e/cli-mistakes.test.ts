import { createServer, request as forward, type Server } from "node:http";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startBlockingProxy, type Upgrades } from "../support/blocking-proxy.js";
import { cli, CLI, startCli, startProcess } from "../support/cli-process.js";
import { freePort, type ServerProcess, startServerProcess } from "../support/server-process.js";
import { NO_REDIS, REDIS_SKIP, startRedis } from "../support/redis-server.js";
import { type ScriptedModel, startScriptedModel } from "../support/scripted-model.js";
import { startServer, temporaryFolder } from "../support/start-server.js";
import { listen, type Upstream, upstream } from "../support/upstream.js";

// Each test starts the command several times, which takes a busy machine a while.
vi.setConfig({ testTimeout: 60_000 });

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const KEY = "sk-wrong-0123456789ab9f2a";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
/** A server that works, with the demo model. */
let server: ServerProcess;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startServerProcess({ data: path.join(folder.path, "data"), port: await freePort() });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Runs the command in an empty folder, as a new user would. */
async function inEmptyFolder(args: readonly string[], env: Record<string, string> = {}) {
  await using empty = await temporaryFolder();
  return await cli(args, { cwd: empty.path, env: { PORT: String(await freePort()), ...env } });
}

/** What the doctor says about one thing. */
async function doctorSays(name: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const { code, stdout } = await inEmptyFolder(["doctor", "--json", ...args], env);
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; name?: string; status?: string; message?: string });
  const { status, message } = lines.find((line) => line.name === name) ?? {};
  return { code, status, message };
}

test("nothing wrong: the doctor says so", async () => {
  const { code, stdout, stderr } = await inEmptyFolder(["doctor"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^✓ node +\d/m);
  expect(stdout).toMatch(/^– model +demo \(canned answers/m);
  expect(stdout).toMatch(/nothing found that keeps stagewire from working here\n$/);
  const found = await doctorSays("server", ["--url", server.url]);
  expect(found).toMatchObject({ code: 0, status: "ok" });
  expect(found.message).toMatch(/^stagewire 0\.1\.0 answers at .*, by WebSocket too; model demo/);
});

describe("an old Node", () => {
  const program = (...args: string[]) =>
    startProcess(process.execPath, ["--require", `${ROOT}test/support/old-node.cjs`, ...args], {});

  test.each([
    { name: "the command", file: CLI, code: 2 },
    { name: "npm start", file: `${ROOT}scripts/start.mjs`, code: 1 },
    { name: "npm test", file: `${ROOT}scripts/test.mjs`, code: 1 },
  ])("$name says which one is needed, and does nothing else", async ({ file, code }) => {
    await using running = program(file, "serve");
    const ended = await running.result;
    expect(ended).toMatchObject({ code, stdout: "" });
    expect(ended.stderr).toMatch(/^(error: )?Node 18\.19 found, 20\.19 or newer needed/);
  });

  test("what it reads before that is syntax that it knows", async () => {
    for (const file of [CLI, `${ROOT}scripts/node-version.mjs`]) {
      const text = (await readFile(file, "utf8")).replaceAll(/"[^"\n]*"/g, '""').replaceAll(/^#!.*|\/\/.*$/gm, "");
      expect(text).not.toMatch(/=>|`|\?\?|\?\.|\b(?:const|let|async|await|class|import [^(])|\.\.\./);
    }
  });
});

describe("a port that is taken", () => {
  test("serve names who has it, and another one", async () => {
    const { port } = new URL(server.url);
    const { code, stderr } = await inEmptyFolder(["serve", "--port", port]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      new RegExp(`^error: ${port} is used by (node \\(pid ${server.pid}\\)|another program): use \`--port \\d+\`\n$`),
    );
  });

  test("the doctor tells a stranger from a stagewire server", async () => {
    await using stranger = await upstream((_request, response) => response.writeHead(404).end());
    const { port } = new URL(stranger.origin);
    const found = await doctorSays("port", ["--port", port]);
    expect(found).toMatchObject({ code: 2, status: "problem" });
    expect(found.message).toContain(`${port} is used by `);
    const ours = await doctorSays("port", ["--port", new URL(server.url).port]);
    expect(ours).toMatchObject({ code: 0, status: "ok", message: expect.stringContaining("a stagewire server") });
  });
});

describe("a key that is refused", () => {
  const refuse = () => upstream((_request, response) => response.writeHead(401).end(`{"error":{"message":"${KEY}?"}}`));
  const says = ({ baseUrl }: Upstream) =>
    `the server at ${baseUrl} refused key …9f2a (401): replace it in the environment (OPENAI_API_KEY)`;

  test("serve, run and the doctor name the server and the key's end", async () => {
    await using refusing = await refuse();
    const env = { OPENAI_BASE_URL: refusing.baseUrl, OPENAI_API_KEY: KEY };
    expect(await inEmptyFolder(["serve"], env)).toMatchObject({ code: 2, stderr: `error: ${says(refusing)}\n` });
    const run = await inEmptyFolder(["run", "x"], { ...env, STAGEWIRE_MODEL: "m" });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`: architecture: ${says(refusing)} (MODEL_AUTH)\n`);
    expect(run.stderr).not.toContain(KEY);
    expect(await doctorSays("model", [], env)).toEqual({ code: 2, status: "problem", message: says(refusing) });
  });
});

describe("a model that is not offered", () => {
  test("run and the doctor name the nearest ones", async () => {
    await using offering = await upstream((request, response) => {
      const list = { data: ["o3", "gpt-5-mini", "gpt-4o"].map((id) => ({ id })) };
      const found = request.method === "GET";
      response.writeHead(found ? 200 : 404, { "Content-Type": "application/json" });
      response.end(JSON.stringify(found ? list : { error: { message: "no such model" } }));
    });
    const env = { OPENAI_BASE_URL: offering.baseUrl, STAGEWIRE_MODEL: "gpt-5-mni" };
    const run = await inEmptyFolder(["run", "x"], env);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/"gpt-5-mni" is not offered by .*; nearest: "gpt-5-mini", /);
    const found = await doctorSays("model", [], env);
    expect(found).toMatchObject({ code: 2, status: "problem" });
    expect(found.message).toMatch(/^"gpt-5-mni" is not offered by .*; nearest: "gpt-5-mini", .*: set STAGEWIRE_MODEL/);
    expect(await doctorSays("model", [], { ...env, STAGEWIRE_MODEL: "o3" })).toMatchObject({ code: 0, status: "ok" });
  });

  test("a server of models that says nothing", async () => {
    await using silent = await upstream(() => {});
    const env = { OPENAI_BASE_URL: silent.baseUrl };
    const said = `the server at ${silent.baseUrl} did not say within 3 s what models it offers: check that it is well and that the address is right`;
    expect(await inEmptyFolder(["serve"], env)).toEqual({ code: 2, stdout: "", stderr: `error: ${said}\n` });
    expect(await doctorSays("model", [], env)).toEqual({ code: 2, status: "problem", message: said });
  });

  test("a server of models that is not there", async () => {
    const env = { OPENAI_BASE_URL: `http://127.0.0.1:${await freePort()}/v1`, STAGEWIRE_MODEL: "m" };
    const found = await doctorSays("model", [], env);
    expect(found).toMatchObject({ code: 2, status: "problem" });
    expect(found.message).toContain("cannot be reached (ECONNREFUSED): nothing listens there");
  });
});

describe("a config file", () => {
  test.each([
    ["json", '{ "maxRefinements": 12 }', "stagewire.config.json: maxRefinements is 12, allowed 0–10"],
    ["ts", "export default { prot: 1 };", 'stagewire.config.ts: "prot" is not a setting; did you mean port?'],
    [
      "ts",
      'export default {\n  port: 1,\n  data: "x"\n  model: "m",\n};',
      /^stagewire\.config\.ts, line 4: Unexpected/,
    ],
    ["js", "export default {\n  a: 1\n  b: 2 };", /^stagewire\.config\.js, line 3: Unexpected token, expected ","$/],
    ["json", '{\n  "port": 1,\n  "data" "x"\n}', /^stagewire\.config\.json, line 3: .*JSON/],
    ["mjs", "\nexport default { port: nowhere };", "stagewire.config.mjs, line 2: nowhere is not defined"],
  ])("that is wrong (%s: %j) is named with its key or line", async (extension, text, message) => {
    await using here = await temporaryFolder();
    await writeFile(path.join(here.path, `stagewire.config.${extension}`), text);
    const env = { PORT: String(await freePort()) };
    const { code, stdout, stderr } = await cli(["serve"], { cwd: here.path, env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    const said = stderr.replace(/^error: /, "").trimEnd();
    if (typeof message === "string") expect(said).toBe(message);
    else expect(said).toMatch(message);
  });

  test("that is wrong is told by the doctor and by config too", async () => {
    await using here = await temporaryFolder();
    await writeFile(path.join(here.path, "stagewire.config.json"), '{ "maxRefinements": 12 }');
    const env = { PORT: String(await freePort()) };
    const said = "stagewire.config.json: maxRefinements is 12, allowed 0–10";
    const doctor = await cli(["doctor"], { cwd: here.path, env });
    expect(doctor.code).toBe(2);
    expect(doctor.stdout).toContain(`✗ config    ${said}\n`);
    const config = await cli(["config"], { cwd: here.path, env });
    expect(config).toEqual({ code: 2, stdout: "", stderr: `error: ${said}\n` });
  });
});

test("a variable whose name is nearly a setting's: doctor, serve and config ask whether that was meant", async () => {
  const env = { STAGEWIRE_MAX_RUN: "3", STAGEWIRE_SOMETHING_ELSE: "x" };
  const asks = "STAGEWIRE_MAX_RUN in the environment is not read; did you mean STAGEWIRE_MAX_RUNS?";
  const found = await doctorSays("config", [], env);
  expect(found).toMatchObject({ code: 0, status: "note" });
  expect(found.message).toMatch(/^no config file here; .*\n/);
  expect(found.message?.split("\n")[1]).toBe(asks);
  expect(await inEmptyFolder(["config"], env)).toMatchObject({ code: 0, stderr: `${asks}\n` });
  await using empty = await temporaryFolder();
  await using serving = startCli(["serve", "--port", "0"], { cwd: empty.path, env });
  await serving.printed(`${asks}\n`);
  await serving.printed("ready in");
});

describe("a config file that sets the port", () => {
  test("leads the other commands in its folder to the server there", async () => {
    await using here = await temporaryFolder();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    await writeFile(path.join(here.path, "stagewire.config.json"), JSON.stringify({ port }));
    const down = await cli(["list"], { cwd: here.path });
    expect(down).toMatchObject({
      code: 5,
      stderr: `error: nothing listens at 127.0.0.1:${port}: run \`npx stagewire serve\`\n`,
    });
    await using serving = startCli(["serve"], { cwd: here.path });
    await serving.printed("ready in");
    const started = await cli(["run", "-d", "x"], { cwd: here.path });
    expect(started).toMatchObject({ code: 8, stderr: expect.stringContaining(`${url}/runs/`) });
    const config = await cli(["config"], { cwd: here.path });
    expect(config.stdout).toMatch(new RegExp(`^  url +${url} +port of the config file$`, "m"));
    const elsewhere = await cli(["list", "--url", server.url], { cwd: here.path });
    expect(elsewhere).toMatchObject({ code: 0, stdout: expect.not.stringContaining(started.stdout.trim()) });
  });

  test("and that is wrong keeps nobody from asking a server", async () => {
    await using here = await temporaryFolder();
    await writeFile(path.join(here.path, "stagewire.config.json"), '{ "prot": 1 }');
    // Whoever has the default port here, or nobody: that is what is told, and not the file.
    const { stderr } = await cli(["list"], { cwd: here.path });
    expect(stderr).not.toContain("prot");
  });
});

describe("an address that is nearly right", () => {
  const listAt = (url: string) => inEmptyFolder(["list", "--url", url]);

  test.each(["/runs", "/runs/k3f9?view=diff"])("the page's, with %s: what to leave out", async (where) => {
    const said = `the server's address is ${server.url}, not ${server.url}${where}: use that`;
    expect(await listAt(`${server.url}${where}`)).toEqual({ code: 5, stdout: "", stderr: `error: ${said}\n` });
  });

  test("https, where it is http", async () => {
    const { host } = new URL(server.url);
    const said = `${host} does not speak TLS: use ${server.url}, or the address of a proxy that does`;
    expect(await listAt(`https://${host}`)).toEqual({ code: 5, stdout: "", stderr: `error: ${said}\n` });
  });

  test.skipIf(NO_REDIS !== undefined)(`of a server that only works runs, with redis-server${REDIS_SKIP}`, async () => {
    await using redis = await startRedis();
    await using worker = await startServer({ redisUrl: redis.url, role: ["worker"] });
    const { host } = new URL(worker.url);
    const said = `the server at ${host} works runs and serves no clients (its role): use one that has the role api`;
    expect(await listAt(worker.url)).toEqual({ code: 5, stdout: "", stderr: `error: ${said}\n` });
  });
});

describe("a data folder", () => {
  test("in use: by whom, and what to do", async () => {
    const data = path.join(folder.path, "data");
    const message = `${data} is in use by pid ${server.pid}: stop it or use --data with another folder.`;
    expect(await inEmptyFolder(["serve", "--data", data])).toMatchObject({ code: 2, stderr: `error: ${message}\n` });
    expect(await doctorSays("data", ["--data", data])).toEqual({ code: 2, status: "problem", message });
    const port = new URL(server.url).port;
    expect(await doctorSays("data", ["--data", data, "--port", port])).toMatchObject({ code: 0, status: "ok" });
  });

  test.skipIf(process.platform !== "linux")(
    "of the server that --url names (who has a port: Linux tells)",
    async () => {
      const data = path.join(folder.path, "data");
      expect(await doctorSays("data", ["--data", data, "--url", server.url])).toMatchObject({ code: 0, status: "ok" });
      await using other = await startServer({});
      const found = await doctorSays("data", ["--data", data, "--url", other.url]);
      expect(found).toMatchObject({ code: 2, status: "problem" });
    },
  );

  test("not writable", async () => {
    const file = path.join(folder.path, "file");
    await writeFile(file, "");
    const data = path.join(file, "data");
    const served = await inEmptyFolder(["serve", "--data", data]);
    expect(served.code).toBe(2);
    expect(served.stderr).toContain(`${data} is not writable`);
    const found = await doctorSays("data", ["--data", data]);
    expect(found).toMatchObject({ code: 2, status: "problem" });
    expect(found.message).toContain(`${data} is not writable`);
    expect(found.message).toContain("--data with another folder");
  });
});

describe("a proxy that does not pass WebSockets on", () => {
  const blocked = (why: string) => `WebSocket ${why}: streaming over HTTP instead`;

  let fast: AsyncDisposable & { readonly url: string };
  let model: ScriptedModel;
  beforeAll(async () => {
    model = await startScriptedModel();
    model.answer(() => "# An answer\n");
    fast = await startServer({ openaiBaseUrl: model.baseUrl, model: "some-model" });
  });
  afterAll(async () => {
    await fast[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
  });

  test("the upgrade is answered 502: a run goes on over HTTP and says so, the doctor has the lines for nginx", async () => {
    await using proxy = await startBlockingProxy(fast.url, 502);
    const { code, stdout, stderr } = await inEmptyFolder(["run", "a URL shortener", "--url", proxy.url]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "# An answer\n" });
    expect(stderr).toContain(
      `\n${blocked("is blocked here (the upgrade was answered 502)")}; \`npx stagewire doctor --url ${proxy.url}\` tells what a proxy needs\n`,
    );
    const found = await doctorSays("server", ["--url", proxy.url]);
    expect(found).toMatchObject({ code: 0, status: "note" });
    expect(found.message).toContain(`\n${blocked("is blocked here (the upgrade was answered 502)")}\n`);
    expect(found.message).toContain("proxy_set_header Upgrade $http_upgrade;");
    expect(found.message).toContain("proxy_http_version 1.1;");
  });

  test.each<[Upgrades, string]>([
    ["destroy", "is blocked here (it could not be opened)"],
    ["swallow", "gets no answer here (nothing came back on it within 2 s)"],
  ])("upgrades that meet %s: --json has every event and the transport", async (upgrades, why) => {
    await using proxy = await startBlockingProxy(fast.url, upgrades);
    const asked = ["run", "a URL shortener", "--json", "--url", proxy.url];
    const { code, stdout, stderr } = await inEmptyFolder(asked);
    expect({ code, stderr: stderr.split(";")[0] }).toEqual({ code: 0, stderr: blocked(why) });
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; seq: number; from?: number; transport?: string });
    expect(lines[0]).toMatchObject({ type: "hello", transport: "sse" });
    let next = 1;
    for (const { seq, from = seq } of lines.slice(1, -1)) {
      expect(from).toBe(next);
      next = seq + 1;
    }
    expect(lines.at(-2)).toMatchObject({ type: "run_complete" });
  });

  test("in the middle of a run: it goes on over HTTP, and a line tells so", async () => {
    await using slow = await startScriptedModel();
    await using behind = await startServer({ openaiBaseUrl: slow.baseUrl, model: "some-model" });
    await using proxy = await startBlockingProxy(behind.url, "pass");
    await using running = startCli(["run", "a URL shortener", "--url", proxy.url]);
    const call = await slow.next();
    await running.printed(/architecture.* started/i);
    proxy.upgrades = 502;
    proxy.cutSockets();
    await running.printed(`\n${blocked("is blocked here (the upgrade was answered 502)")}`);
    slow.answer(() => "# An answer\n");
    call.write("# The plan\n");
    call.end();
    expect(await running.result).toMatchObject({ code: 0, stdout: "# An answer\n" });
  });

  test("nothing but the page gets through: said with the lines for nginx", async () => {
    await using proxy = await startPlainProxy(server.url, undefined, (where) => !where.startsWith("/trpc"));
    const { code, stdout, stderr } = await inEmptyFolder(["list", "--url", proxy.origin]);
    expect({ code, stdout }).toEqual({ code: 5, stdout: "" });
    expect(stderr).toMatch(
      /^error: the page at .* loads, but the upgrade to a WebSocket was answered 502, and plain HTTP/,
    );
    expect(stderr).toContain("proxy_set_header Upgrade $http_upgrade;");
  });

  test("a name that the server does not go by is told as that", async () => {
    await using proxy = await startPlainProxy(server.url, "stagewire.example");
    const { code, stderr } = await inEmptyFolder(["list", "--url", proxy.origin]);
    expect(code).toBe(4);
    expect(stderr).toContain('Host "stagewire.example" is not one of this server\'s names: add it to allowedHosts.');
  });
});

describe("a server that is down", () => {
  test("says what to run, and where", async () => {
    const port = await freePort();
    const nothing = `nothing listens at 127.0.0.1:${port}: run \`npx stagewire serve`;
    const unnamed = await inEmptyFolder(["list"], { PORT: String(port) });
    expect(unnamed).toEqual({ code: 5, stdout: "", stderr: `error: ${nothing}\`\n` });
    const named = await inEmptyFolder(["list", "--url", `http://127.0.0.1:${port}`]);
    expect(named).toEqual({ code: 5, stdout: "", stderr: `error: ${nothing} --port ${port}\`\n` });
    expect(await doctorSays("server", [], { PORT: String(port) })).toMatchObject({ code: 0, status: "note" });
    const found = await doctorSays("server", ["--url", `http://127.0.0.1:${port}`]);
    expect(found).toMatchObject({ code: 5, status: "problem", message: `${nothing} --port ${port}\`` });
  });
});

describe("an address that others reach", () => {
  test("is refused without authentication", async () => {
    const served = await inEmptyFolder(["serve", "--host", "0.0.0.0"]);
    expect(served.code).toBe(2);
    expect(served.stderr).toMatch(/^error: will not listen on 0\.0\.0\.0 without auth: bind 127\.0\.0\.1/);
    const found = await doctorSays("host", ["--host", "0.0.0.0"]);
    expect(found).toMatchObject({ code: 2, status: "problem" });
    expect(found.message).toMatch(/^will not listen on 0\.0\.0\.0 without auth: bind 127\.0\.0\.1/);
  });
});

/** A reverse proxy as people forget to finish it: requests go through, upgrades are answered 502. */
async function startPlainProxy(
  target: string,
  host = new URL(target).host,
  passes: (path: string) => boolean = () => true,
): Promise<Upstream> {
  const proxy: Server = createServer((request, response) => {
    if (!passes(request.url ?? "/")) return void response.writeHead(404).end();
    const headers = { ...request.headers, host };
    const onward = forward(`${target}${request.url ?? "/"}`, { method: request.method ?? "GET", headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  proxy.on("upgrade", (_request, socket) => {
    socket.on("error", () => undefined);
    socket.end("HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  return await listen(proxy, () => proxy.closeAllConnections());
}
