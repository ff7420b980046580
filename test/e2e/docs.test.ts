import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { CONFIG_KEYS, configSchema, environmentName, flagName, isTextKey, loadConfig } from "@stagewire/server";
import {
  ERROR_CODES,
  EVENT_TYPES,
  REJECTION_REASONS,
  runEventSchema,
  runOptionsSchema,
  runSummarySchema,
  StagewireError,
} from "@stagewire/shared";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { beforeAll, afterAll, describe, expect, test } from "vitest";
import { toTrpcError } from "../../server/src/gateways/trpc/errors.js";
import { appRouter } from "../../server/src/gateways/trpc/router.js";
import { approvingReview, isReview } from "../support/answers.js";
import { CLI, startCli, startProcess } from "../support/cli-process.js";
import { codesIn, conversation, fencesOf, readDocument, ROOT, rowsOf, section } from "../support/documents.js";
import { type ModelCall, type ScriptedModel, startScriptedModel } from "../support/scripted-model.js";
import { freePort } from "../support/server-process.js";
import { startServer, temporaryFolder } from "../support/start-server.js";
import { playHttp, playSocket } from "../support/wire-examples.js";
import { countWatches } from "../support/watches.js";

const curlMissing = spawnSync("curl", ["--version"]).status !== 0;
const README = readDocument("README.md");
const PROTOCOL = readDocument("PROTOCOL.md");
const SECRET = `whsec_${"A".repeat(32)}`;
const EXAMPLES = fencesOf(PROTOCOL)
  .filter(({ info }) => /^(wire|http)/.test(info))
  .map((fence, index) => ({ ...fence, number: index + 1 }));

describe("documents", () => {
  test("every link leads somewhere", async () => {
    const decisions = (await readdir(`${ROOT}docs/decisions`)).map((name) => `docs/decisions/${name}`);
    const folders = ["examples", "shared", "server", "client/sdk", "client/web", "client/cli"];
    const guides = (await readdir(`${ROOT}docs`, { recursive: true })).map((name) => `docs/${name}`);
    const others = [
      "PROTOCOL.md",
      "CONTRIBUTING.md",
      "CHANGELOG.md",
      ...folders.map((folder) => `${folder}/README.md`),
    ];
    const names = ["README.md", ...others, ...guides.filter((name) => name.endsWith(".md"))];
    for (const name of names) {
      for (const [, target = ""] of readDocument(name).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [file = "", anchor] = target.split("#");
        const to = file === "" ? name : path.join(path.dirname(name), file);
        expect(existsSync(ROOT + to), `${name} links to ${target}`).toBe(true);
        if (anchor !== undefined) expect(anchorsOf(readDocument(to)), `${name} links to ${target}`).toContain(anchor);
      }
    }
    expect(
      decisions.filter((decision) => !README.includes(`(${decision})`)),
      "README.md names every decision",
    ).toEqual([]);
  });

  test("every npm script that is named is there", () => {
    const { scripts } = JSON.parse(readDocument("package.json")) as { scripts: Record<string, string> };
    const text = README + readDocument("CONTRIBUTING.md");
    const named = [...text.matchAll(/npm (?:run )?(start|test|(?<=run )\w+(?::\w+)*)/g)].map(([, name = ""]) => name);
    expect(named.length).toBeGreaterThan(5);
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });

  test("the table of settings is that of the schema", async () => {
    const rows = rowsOf(section(README, "## Configuration"));
    expect(rows.map(([key]) => key)).toEqual(CONFIG_KEYS);
    const defaults = configSchema.parse({}) as Record<string, unknown>;
    await using empty = await temporaryFolder();
    for (const [key = "", flag, environment = "", fallback] of rows) {
      const value = defaults[key];
      expect(fallback, key).toBe(value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value));
      if (!isTextKey(key as (typeof CONFIG_KEYS)[number])) continue;
      expect(flag, key).toBe(flagName(key));
      const names = codesIn(environment).length > 0 ? codesIn(environment) : [environment];
      expect(names, key).toContain(environmentName(key));
      const sample =
        key === "redisUrl"
          ? "redis://127.0.0.1:1"
          : key === "openaiBaseUrl" || key === "webhookUrl"
            ? "http://127.0.0.1:1/v1"
            : key === "webhookSecret"
              ? SECRET
              : key === "logLevel"
                ? "debug"
                : key === "role"
                  ? "api,worker"
                  : key === "maxRefinements" || key === "maxAttempts"
                    ? "5"
                    : "5000";
      for (const name of names) {
        // An address is refused without its secret.
        const env = { STAGEWIRE_WEBHOOK_SECRET: SECRET, [name]: sample };
        const { sources } = await loadConfig({ env, cwd: empty.path });
        expect(sources[key as keyof typeof sources], name).toBe(`environment ${name}`);
      }
    }
  });
});

describe("PROTOCOL.md", () => {
  test("tells every error code, whether it is retryable, and the status it goes out with", () => {
    const rows = rowsOf(section(PROTOCOL, "## 7. Errors"));
    expect(rows.map(([code = ""]) => code).toSorted()).toEqual(Object.keys(ERROR_CODES).toSorted());
    for (const [code = "", status, retryable] of rows) {
      const error = new StagewireError(code as keyof typeof ERROR_CODES, "");
      expect(retryable, code).toBe(error.retryable ? "yes" : "no");
      if (status !== "–") expect(status, code).toBe(String(getHTTPStatusCodeFromError(toTrpcError(error))));
    }
  });

  test("tells exactly the fields of every event, and which may be missing", () => {
    const common = rowsOf(section(PROTOCOL, "## 3. Events")).map(([name = ""]) => name);
    const headings = [...PROTOCOL.matchAll(/^### `(\w+)`$/gm)].map(([, type = ""]) => type);
    expect(headings).toEqual([...EVENT_TYPES]);
    for (const { shape } of runEventSchema.options) {
      const [type] = shape.type.values;
      const named = rowsOf(section(PROTOCOL, `### \`${type}\``)).map(([name = ""]) => name);
      expect([...common, ...named].toSorted(), type).toEqual(fieldsOf(shape));
    }
  });

  test("tells every procedure, option, field of a summary and reason of a rejection", () => {
    const procedures = section(PROTOCOL, "## 2. Procedures");
    const first = (rows: string[][]) => rows.map(([name = ""]) => name);
    const names = first(rowsOf(procedures));
    const groups = Object.entries(appRouter).filter(([name]) => name !== "_def" && name !== "createCaller");
    const routes = groups.flatMap(([group, members]) => Object.keys(members).map((name) => `${group}.${name}`));
    const told = rowsOf(procedures).filter(([name = ""]) => name.includes("."));
    expect(first(told).toSorted()).toEqual(routes.toSorted());
    const options = Object.keys(runOptionsSchema.shape);
    expect(names.filter((name) => options.includes(name)).toSorted()).toEqual(options.toSorted());
    const summary = rowsOf(procedures.slice(procedures.indexOf("A summary has:"))).flatMap(([cell = ""]) =>
      codesIn(cell),
    );
    expect(summary.toSorted()).toEqual(fieldsOf(runSummarySchema.shape));
    const outcomes = section(PROTOCOL, "### What comes of a command");
    expect(new Set([...outcomes.matchAll(/`rejected: (\w+)`/g)].map(([, reason]) => reason))).toEqual(
      new Set(REJECTION_REASONS),
    );
  });

  test.each(EXAMPLES)("example $number ($info): a real server answers as shown", async ({ info, body }) => {
    await using model = await startScriptedModel();
    // The model waits until somebody watches: nothing is compacted then, on a slow machine neither.
    let watched: () => void = () => {};
    const watching = new Promise<void>((resolve) => (watched = resolve));
    serve(model, (call) => {
      void watching.then(() => ["# The plan", "\n\nOne table"].forEach((piece) => call.write(piece)));
    });
    await using server = await startServer({ openaiBaseUrl: model.baseUrl, model: "some-model" });
    const said = conversation(body);
    const query = info.includes("connectionParams") ? "?connectionParams=1" : "";
    const compared = info === "http" ? await playHttp(server, said) : await playSocket(server, said, query, watched);
    expect(compared).toBe(said.filter(({ by }) => by === "server").length);
  });
});

describe("README.md and the guides", () => {
  const guides = ["trpc", "http", "embedding"].map((name) => readDocument(`docs/doors/${name}.md`));
  const snippets = [README, ...guides].flatMap(fencesOf).filter(({ info }) => info === "ts");
  const names = snippets.map(({ body }) => /^\/\/ (\S+)\n/.exec(body)?.[1] ?? "");
  let folder: string;
  let model: ScriptedModel;
  let server: Awaited<ReturnType<typeof startServer>>;
  /** Of the server in the guide to embedding. */
  let port: number;
  let subscribed: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    port = await freePort();
    model = await startScriptedModel();
    serve(model, async (call) => {
      // Who comes when a stage is over gets its text whole, and no tokens of it.
      if (documents(call)) await subscribed?.();
      answer(call, "This is refinement 2.");
    });
    server = await startServer({ openaiBaseUrl: model.baseUrl, model: "some-model" });
    // Inside the repository, so that the packages are found.
    await mkdir(`${ROOT}test/.types`, { recursive: true });
    folder = await mkdtemp(`${ROOT}test/.types/docs-`);
    for (const [index, { body }] of snippets.entries()) {
      await writeFile(
        path.join(folder, names[index] ?? ""),
        body.replaceAll("127.0.0.1:4400", new URL(server.url).host).replace("port: 4500", `port: ${port}`),
      );
    }
    await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await server.close();
    await model[Symbol.asyncDispose]();
  });

  test("every snippet passes the compiler, and those that watch do what they say", async () => {
    const guided = ["sse.ts", "event-source.ts", "on-fastify.ts"];
    expect(names).toEqual(["watch.ts", "plain.ts", "stagewire.config.ts", ...guided]);
    const tsc = await program(`${ROOT}node_modules/typescript/bin/tsc`, "-p", folder);
    expect(tsc).toMatchObject({ code: 0, stdout: "" });
    for (const name of ["watch", "plain"]) {
      const { code, stdout, stderr } = await program(path.join(folder, `out/${name}.js`));
      expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: "" });
      expect(stdout).toContain("The document.");
      expect(stdout).toContain("skip: applied");
      expect(stdout).not.toContain("refined 3");
    }
  });

  test("the one over server-sent events shows the whole run", async () => {
    const watches = countWatches(server);
    subscribed = () => watches.until(1);
    const { code, stdout, stderr } = await program(path.join(folder, "out/sse.js"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.endsWith("The document.\n")).toBe(true);
    subscribed = undefined;
  });

  test("the one on Fastify has its own page and the doors, and ends when it is told to", async () => {
    await using own = await temporaryFolder();
    await using running = startProcess(process.execPath, [path.join(folder, "out/on-fastify.js")], { cwd: own.path });
    const get = (to: string) => fetch(`http://127.0.0.1:${port}${to}`).then((response) => response.text());
    await expect.poll(() => get("/").catch(() => "")).toBe("My own page.");
    expect(JSON.parse(await get("/api/runs"))).toMatchObject({ runs: [] });
    running.child.kill("SIGTERM");
    expect(await running.result).toMatchObject({ code: 0, stderr: "" });
  });

  test.skipIf(curlMissing)("the commands of the guide to HTTP do what they say (needs curl)", async () => {
    await using upstream = await startScriptedModel();
    await using own = await startServer({ openaiBaseUrl: upstream.baseUrl, model: "some-model" });
    const lines = fencesOf(readDocument("docs/doors/http.md"))
      .filter(({ info }) => info === "sh")
      .flatMap(({ body }) => body.trim().split("\n"))
      .filter((line) => line.startsWith("curl"));
    const started = (id: string) =>
      lines.map((line) => line.replaceAll("127.0.0.1:4400", new URL(own.url).host).replace("k3f9x2m7q1ab", id));
    const curl = async (line = "") => {
      await using running = startProcess("sh", ["-c", `exec ${line}`], {});
      return await running.result;
    };
    const [start] = started("");
    const { runId } = JSON.parse((await curl(start)).stdout) as { runId: string };
    const [, watch, cancel] = started(runId);
    const watched = curl(watch);
    expect(JSON.parse((await curl(cancel)).stdout)).toMatchObject({ commandId: "c-1", outcome: "applied" });
    const { code, stdout } = await watched;
    expect(code).toBe(0);
    expect(stdout).toContain('"type":"run_complete","outcome":"cancelled"');
  });

  test("the pipeline of one's own runs", async () => {
    await using running = startCli(["run", "--pipeline", "essay", "owls"], {
      cwd: folder,
      env: { OPENAI_BASE_URL: model.baseUrl, STAGEWIRE_MODEL: "some-model", STAGEWIRE_PORT: String(await freePort()) },
    });
    expect(await running.result).toMatchObject({ code: 0, stdout: "An answer about owls.\n" });
  });

  test("the commands work one after the other", async () => {
    const lines = fencesOf(README)
      .filter(({ info }) => info === "sh")
      .flatMap(({ body }) => body.trim().split("\n"));
    const codes = [0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 3, 8, 0];
    expect(lines).toHaveLength(codes.length);
    await using upstream = await startScriptedModel();
    serve(upstream, (call) => answer(call, "a chat server"));
    await using own = await startServer({ openaiBaseUrl: upstream.baseUrl, model: "some-model" });
    await using cwd = await temporaryFolder();
    await writeFile(path.join(cwd.path, "task.md"), "A URL shortener");
    for (const [index, line] of lines.entries()) {
      const command = line.replace("npx stagewire", `exec "${process.execPath}" "${CLI}"`);
      await using running = startProcess("sh", ["-c", command], { cwd: cwd.path, env: { STAGEWIRE_URL: own.url } });
      const { code, stdout, stderr } = await running.result;
      expect({ line, code, stderr: code === codes[index] ? "" : stderr }).toEqual({
        line,
        code: codes[index],
        stderr: "",
      });
      if (line.includes("list")) expect(stdout).toContain("a chat server");
      if (line.includes("--json")) expect(JSON.parse(stdout.split("\n", 1)[0] ?? "")).toMatchObject({ type: "hello" });
    }
    expect(await readdir(cwd.path)).toContain("result.md");
  }, 120_000);
});

const TSCONFIG = {
  extends: "../../../tsconfig.base.json",
  compilerOptions: {
    composite: false,
    declaration: false,
    declarationMap: false,
    sourceMap: false,
    rootDir: ".",
    outDir: "out",
    lib: ["es2023", "esnext.disposable", "dom"],
    types: ["node"],
  },
  include: ["*.ts"],
};

async function program(...args: string[]) {
  await using running = startProcess(process.execPath, args, {});
  return await running.result;
}

/** Answers as the snippets and commands need it. A call that is asked for `endless` comes to no end by itself. */
function answer(call: ModelCall, endless: string): void {
  const asked = call.body.messages.map(({ content }) => content).join("\n");
  if (asked.includes(endless)) return call.write("It goes on …");
  if (isReview(call)) call.write(approvingReview(false));
  else if (asked.startsWith("Review this essay")) call.write('Fine. {"approved": true, "findings": []}');
  else if (asked.includes("owls")) call.write("An answer about owls.");
  else if (documents(call)) call.write("The document.\n");
  else call.write(asked.includes("This is refinement 3.") ? "refined 3" : "An answer.\n");
  call.end();
}

function documents(call: ModelCall): boolean {
  return call.system.includes("You are the engineer who documents");
}

function serve(model: ScriptedModel, reply: (call: ModelCall) => Promise<void> | void): void {
  const loop = async () => {
    for (;;) await reply(await model.next());
  };
  void loop();
}

/** Field names as the document writes them, `?` behind those that may be missing. */
function fieldsOf(shape: Readonly<Record<string, { _zod: { optin?: string | undefined } }>>): string[] {
  return Object.entries(shape)
    .map(([name, { _zod }]) => (_zod.optin === "optional" ? `${name}?` : name))
    .toSorted();
}

/** Anchors of headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
