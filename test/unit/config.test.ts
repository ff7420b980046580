import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { StagewireError } from "@stagewire/shared";
import { describe, expect, it } from "vitest";
import { loadConfig, type LoadConfigOptions } from "../../server/src/config/index.js";
import { ROLE_NEEDS_REDIS } from "../../server/src/config/schema.js";
import { allowedValues, CONFIG_KEYS, environmentName, flagName, showValue } from "../../server/src/config/keys.js";

async function folder(files: Record<string, string> = {}) {
  const cwd = await mkdtemp(path.join(tmpdir(), "stagewire-config-"));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(cwd, name), text);
  return { cwd, [Symbol.asyncDispose]: () => rm(cwd, { recursive: true }) };
}

/** The message of the `CONFIG_INVALID` that these options give. */
async function refusal(options: LoadConfigOptions): Promise<string> {
  const error = await loadConfig({ env: {}, ...options }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof StagewireError)) throw new Error(`expected a StagewireError, got ${String(error)}`);
  expect(error.code).toBe("CONFIG_INVALID");
  return error.message;
}

describe("sources", () => {
  it("gives every default, and says so", async () => {
    await using here = await folder();
    const { config, sources, configFile } = await loadConfig({ env: {}, cwd: here.cwd });
    expect(config).toMatchObject({ host: "127.0.0.1", port: 4400, data: "./.stagewire", maxConcurrentRuns: 20 });
    expect(config.openaiApiKey).toBeUndefined();
    expect(new Set(Object.values(sources))).toEqual(new Set(["default"]));
    expect(Object.keys(sources)).toEqual(CONFIG_KEYS);
    expect(configFile).toBeUndefined();
  });

  it("prefers the flag to the environment, that to the file, that to the default", async () => {
    await using here = await folder({
      "stagewire.config.json": '{"port":5003,"host":"::1","data":"./there","maxAttempts":7}',
    });
    const { config, sources, configFile } = await loadConfig({
      flags: { port: "5001", model: undefined },
      env: { PORT: "5002", STAGEWIRE_HOST: "localhost", STAGEWIRE_MODEL: "m" },
      cwd: here.cwd,
    });
    expect(config).toMatchObject({
      port: 5001,
      host: "localhost",
      model: "m",
      data: "./there",
      maxAttempts: 7,
      maxRefinements: 10,
    });
    expect(sources).toMatchObject({
      port: "flag --port",
      host: "environment STAGEWIRE_HOST",
      model: "environment STAGEWIRE_MODEL",
      data: "stagewire.config.json",
      maxRefinements: "default",
    });
    expect(configFile).toBe(path.join(here.cwd, "stagewire.config.json"));
  });

  it("takes common names, prefers STAGEWIRE_ ones, and takes an empty one for not set", async () => {
    await using here = await folder();
    const env = {
      PORT: "5002",
      STAGEWIRE_PORT: "5005",
      HOST: "",
      OPENAI_API_KEY: "sk-1",
      OPENAI_BASE_URL: "http://127.0.0.1:11434/v1",
      STAGEWIRE_ALLOWED_HOSTS: "a.example,b.example",
      STAGEWIRE_MAX_SUBSCRIPTIONS_PER_SOCKET: "7",
    };
    const { config, sources } = await loadConfig({ env, cwd: here.cwd });
    expect(config).toMatchObject({
      port: 5005,
      host: "127.0.0.1",
      openaiApiKey: "sk-1",
      openaiBaseUrl: "http://127.0.0.1:11434/v1",
      allowedHosts: ["a.example", "b.example"],
      maxSubscriptionsPerSocket: 7,
    });
    expect(sources).toMatchObject({
      port: "environment STAGEWIRE_PORT",
      host: "default",
      openaiApiKey: "environment OPENAI_API_KEY",
    });
  });

  it.each([
    ["stagewire.config.ts", "const port: number = 5100; export default { port };"],
    ["stagewire.config.js", "export default { port: 5100 };"],
    ["stagewire.config.mjs", "export default { port: 5100 };"],
    ["stagewire.config.json", '{ "port": 5100 }'],
  ])("reads %s", async (name, text) => {
    await using here = await folder({ [name]: text });
    const { config, sources } = await loadConfig({ env: {}, cwd: here.cwd });
    expect(config.port).toBe(5100);
    expect(sources.port).toBe(name);
  });

  it("takes pipelines from the file with their functions", async () => {
    await using here = await folder({
      "stagewire.config.ts": `export default { pipelines: [{ id: "own", title: "Own", stages: [{ id: "a", title: "A", prompt: () => [] }] }] };`,
    });
    const { config } = await loadConfig({ env: { STAGEWIRE_PIPELINES: "ignored" }, cwd: here.cwd });
    expect(config.pipelines.map((pipeline) => pipeline.id)).toEqual(["own"]);
    expect(config.pipelines[0]?.stages[0]?.prompt).toBeTypeOf("function");
  });

  it("reads no .env, no rc file and no package.json", async () => {
    await using here = await folder({
      ".env": "PORT=5200\nSTAGEWIRE_PORT=5200",
      ".stagewirerc": "port=5200",
      "package.json": '{"stagewire":{"port":5200}}',
      "stagewire.config.json": "{}",
    });
    const { config } = await loadConfig({ cwd: here.cwd, env: {} });
    expect(config.port).toBe(4400);
    expect(process.env["STAGEWIRE_PORT"]).toBeUndefined();
  });
});

describe("messages", () => {
  it("names the source, the key, the value and what is allowed", async () => {
    await using here = await folder({ "stagewire.config.ts": "export default { maxConcurrentRuns: 0 };" });
    await using empty = await folder();
    expect(await refusal({ cwd: here.cwd })).toBe("stagewire.config.ts: maxConcurrentRuns is 0, allowed 1–10000");
    expect(await refusal({ cwd: empty.cwd, env: { PORT: "abc" } })).toBe(
      'environment PORT: port is "abc", allowed 0–65535',
    );
    expect(await refusal({ cwd: empty.cwd, flags: { port: "70000" } })).toBe(
      'flag --port: port is "70000", allowed 0–65535',
    );
    expect(await refusal({ cwd: empty.cwd, flags: { stallTimeoutMs: "1.5" } })).toBe(
      'flag --stall-timeout-ms: stallTimeoutMs is "1.5", allowed 1–3600000',
    );
    expect(await refusal({ cwd: empty.cwd, env: { STAGEWIRE_LOG_LEVEL: "loud" } })).toBe(
      'environment STAGEWIRE_LOG_LEVEL: logLevel is "loud", allowed silent, error, warn, info, debug',
    );
    expect(await refusal({ cwd: empty.cwd, env: { OPENAI_BASE_URL: "ftp://x" } })).toBe(
      'environment OPENAI_BASE_URL: openaiBaseUrl is "ftp://x", allowed an http or https address',
    );
  });

  it.each<[string, LoadConfigOptions, string]>([
    ["a flag", { flags: { role: "api" } }, 'flag --role: role is "api", '],
    ["the environment", { env: { STAGEWIRE_ROLE: "worker" } }, 'environment STAGEWIRE_ROLE: role is "worker", '],
    ["the config file", {}, 'stagewire.config.json: role is ["worker"], '],
  ])("says of a role from %s which setting it misses, and what to do", async (source, options, expected) => {
    await using here = await folder(
      source === "the config file" ? { "stagewire.config.json": '{"role":["worker"]}' } : {},
    );
    expect(await refusal({ cwd: here.cwd, ...options })).toBe(expected + ROLE_NEEDS_REDIS);
    const redis = { STAGEWIRE_REDIS_URL: "redis://127.0.0.1" };
    const { config } = await loadConfig({ cwd: here.cwd, ...options, env: { ...options.env, ...redis } });
    expect(config.role).toHaveLength(1);
    const both = { ...options, flags: { role: "worker,api" } };
    expect((await loadConfig({ cwd: here.cwd, env: {}, ...both })).config.role).toHaveLength(2);
    expect(await refusal({ cwd: here.cwd, flags: { role: "leader" } })).toBe(
      'flag --role: role is "leader", allowed api, worker, or both with a comma',
    );
  });

  it.each([["null"], ["true"], ['""'], ["[]"], ["[5]"]])("does not take %s for a number", async (value) => {
    await using here = await folder({ "stagewire.config.json": `{"port":${value}}` });
    expect(await refusal({ cwd: here.cwd })).toBe(`stagewire.config.json: port is ${value}, allowed 0–65535`);
  });

  it("tells every wrong setting at once, one a line", async () => {
    await using here = await folder({ "stagewire.config.json": '{"maxAttempts":99,"nonsense":1}' });
    const lines = (await refusal({ cwd: here.cwd, flags: { port: "x" } })).split("\n");
    expect(lines).toHaveLength(3);
    expect(lines.join()).toMatch(/"nonsense".*port is "x".*maxAttempts is 99/);
  });

  it("names an unknown key, and the nearest or all known ones", async () => {
    await using near = await folder({ "stagewire.config.json": '{"maxConcurentRuns":5}' });
    await using far = await folder({ "stagewire.config.json": '{"colour":"red"}' });
    await using empty = await folder();
    expect(await refusal({ cwd: near.cwd })).toBe(
      'stagewire.config.json: "maxConcurentRuns" is not a setting; did you mean maxConcurrentRuns?',
    );
    expect(await refusal({ cwd: far.cwd })).toContain(`"colour" is not a setting; known are ${CONFIG_KEYS.join(", ")}`);
    expect(await refusal({ cwd: empty.cwd, flags: { prot: "1" } })).toContain("did you mean --port?");
  });

  it("does not let environment-specific sections of c12 in", async () => {
    await using here = await folder({ "stagewire.config.json": '{"$test":{"port":5300}}' });
    expect(await refusal({ cwd: here.cwd })).toContain('"$test" is not a setting');
  });

  it("tells a file that can't be read, is no object, or is there twice", async () => {
    await using broken = await folder({ "stagewire.config.ts": "export default { port: ;" });
    await using throwing = await folder({ "stagewire.config.mjs": 'throw new Error("no luck");' });
    await using list = await folder({ "stagewire.config.json": "[1]" });
    await using both = await folder({ "stagewire.config.json": "{}", "stagewire.config.ts": "export default {}" });
    expect(await refusal({ cwd: broken.cwd })).toMatch(/^stagewire\.config\.ts, line \d+: .+/);
    expect(await refusal({ cwd: throwing.cwd })).toBe("stagewire.config.mjs, line 1: no luck");
    expect(await refusal({ cwd: list.cwd })).toBe(
      "stagewire.config.json: its default export has to be an object of settings",
    );
    expect(await refusal({ cwd: both.cwd })).toBe(
      "stagewire.config.ts and stagewire.config.json are both here: keep one of them",
    );
  });

  it("never shows a secret", async () => {
    await using here = await folder({ "stagewire.config.json": '{"openaiApiKey":["sk-very-secret-9f2a"]}' });
    const message = await refusal({ cwd: here.cwd });
    expect(message).toBe("stagewire.config.json: openaiApiKey is …, allowed a text that is not empty");
    expect(showValue("openaiApiKey", "sk-very-secret-9f2a")).toBe("…9f2a");
    expect(showValue("openaiApiKey", "short")).toBe("…");
    expect(showValue("port", 4400)).toBe("4400");
  });
});

describe("webhooks", () => {
  const secret = `whsec_${"A".repeat(32)}`;
  const from = async (webhooks: unknown) => {
    await using here = await folder({ "stagewire.config.json": JSON.stringify({ webhooks }) });
    return await refusal({ cwd: here.cwd });
  };

  it("takes https, http of this machine, and other http where that is said", async () => {
    const urls = ["https://example.com/a?b=c", "http://localhost:1/", "http://127.1.2.3/x", "http://[::1]:8080/"];
    const webhooks = [
      ...urls.map((url) => ({ url, secret })),
      { url: "http://service:80/", secret, allowHttp: true, events: ["run_complete"] },
    ];
    await using here = await folder({ "stagewire.config.json": JSON.stringify({ webhooks }) });
    const { config } = await loadConfig({ env: {}, cwd: here.cwd });
    expect(config.webhooks.map(({ url }) => url)).toEqual([...urls, "http://service:80/"]);
    expect(config.webhooks[0]).toMatchObject({ events: ["stage_complete", "run_complete"], allowHttp: false });
  });

  it("names the key, the value and what is allowed, and shows no secret", async () => {
    const url = "https://example.com/hook";
    const allowed = "an https address without user and password, or an http one of this machine";
    for (const wrong of ["ftp://x/", "http://example.com/", "http://127.0.0.1.example.com/"]) {
      expect(
        await from([
          { url, secret },
          { url: wrong, secret },
        ]),
      ).toBe(
        `stagewire.config.json: webhooks[1].url is ${JSON.stringify(wrong.replace(/\/$/, ""))}, allowed ${allowed}; any http one with allowHttp: true`,
      );
    }
    expect(await from([{ url: "https://me:pass@example.com/", secret }])).toMatch(
      /webhooks\[0\]\.url is "https:\/\/example\.com", allowed an https address without user and password/,
    );
    expect(await from([{ url }])).toBe(
      'stagewire.config.json: webhooks[0].secret is not set, needed is "whsec_" and 24 to 64 bytes as base64',
    );
    for (const wrong of ["whsec_QUJD", `whsec_${"A".repeat(120)}`, "A".repeat(32), 5]) {
      expect(await from([{ url, secret: wrong }])).toBe(
        'stagewire.config.json: webhooks[0].secret is …, allowed "whsec_" and 24 to 64 bytes as base64',
      );
    }
    expect(await from([{ url, secret, events: ["token"] }])).toBe(
      'stagewire.config.json: webhooks[0].events[0] is "token", allowed a list of stage_complete, run_complete',
    );
    expect(await from([{ url, secret, events: [] }])).toBe(
      "stagewire.config.json: webhooks[0].events is [], allowed a list of stage_complete, run_complete",
    );
    expect(await from([{ url, secret, sercet: secret }])).toBe(
      'stagewire.config.json: webhooks[0]: "sercet" is not a setting; known are url, secret, events, allowHttp',
    );
    const list = "a list of { url, secret, events?, allowHttp? }, each url once";
    expect(await from({ url, secret })).toBe(`stagewire.config.json: webhooks is …, allowed ${list}`);
    expect(
      await from([
        { url, secret },
        { url, secret },
      ]),
    ).toMatch(/webhooks is \[.*\], allowed a list of .*, each url once$/);
  });

  it("takes one from the environment, whole or not at all", async () => {
    await using empty = await folder();
    const env = { STAGEWIRE_WEBHOOK_URL: "https://example.com/hook", STAGEWIRE_WEBHOOK_SECRET: secret };
    const { config, sources } = await loadConfig({ env, cwd: empty.cwd });
    expect(config).toMatchObject({ webhookUrl: "https://example.com/hook", webhookSecret: secret });
    expect(sources.webhookUrl).toBe("environment STAGEWIRE_WEBHOOK_URL");
    expect(showValue("webhookSecret", secret)).toBe("…");
    expect(await refusal({ cwd: empty.cwd, env: { ...env, STAGEWIRE_WEBHOOK_SECRET: "" } })).toBe(
      'webhookSecret is not set, needed is "whsec_" and 24 to 64 bytes as base64',
    );
    expect(await refusal({ cwd: empty.cwd, env: { ...env, STAGEWIRE_WEBHOOK_URL: "http://example.com/" } })).toBe(
      'environment STAGEWIRE_WEBHOOK_URL: webhookUrl is "http://example.com", allowed an https address without user and password, or an http one of this machine',
    );
    await using both = await folder({
      "stagewire.config.json": JSON.stringify({ webhooks: [{ url: "https://example.com/hook", secret }] }),
    });
    expect(await refusal({ cwd: both.cwd, env })).toMatch(/each url once, and not webhookUrl's$/);
  });
});

it("has a flag, an environment variable and a description of what is allowed for every setting", () => {
  expect(flagName("maxConcurrentRuns")).toBe("--max-concurrent-runs");
  expect(environmentName("openaiBaseUrl")).toBe("STAGEWIRE_OPENAI_BASE_URL");
  expect(Object.fromEntries(CONFIG_KEYS.map((key) => [key, allowedValues(key)]))).toMatchObject({
    port: "0–65535",
    maxTaskBytes: "1024 or more",
    firstTokenTimeoutMs: "1–3600000",
    allowedHosts: "a list of texts, or one text with commas",
    pipelines: "a list of pipelines made by definePipeline",
    data: "a text that is not empty",
  });
});
