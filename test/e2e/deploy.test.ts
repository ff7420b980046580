import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { loadConfig } from "../../server/src/config/index.js";
import { CONFIG_KEYS, environmentName, isTextKey } from "../../server/src/config/keys.js";
import { checkRedis } from "../../server/src/log/index.js";
import { cli, startProcess } from "../support/cli-process.js";
import { readDocument, ROOT } from "../support/documents.js";
import { NO_REDIS, REDIS_SKIP, startRedis } from "../support/redis-server.js";
import { freePort } from "../support/server-process.js";
import { startServer, temporaryFolder } from "../support/start-server.js";

/** Ms that a server needs besides its steps until its process has ended: docs/cluster.md says so many. */
const BESIDE_STEPS_MS = 20_000;
/** Settings that other programs name so, too. */
const COMMON_NAMES = ["PORT", "HOST", "OPENAI_API_KEY", "OPENAI_BASE_URL"];
const SETTINGS = new Set([...CONFIG_KEYS.filter(isTextKey).map(environmentName), ...COMMON_NAMES]);

type Environment = Record<string, string>;

/** A server of an example. */
interface Example {
  readonly name: string;
  readonly env: Environment;
  /** Instead of the image's own. */
  readonly command: unknown;
  /** Ms from SIGTERM to SIGKILL. */
  readonly graceMs: number;
  /** Programs that tell whether it is well. */
  readonly probes: readonly (readonly string[])[];
}

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: string;
  readonly environment?: Environment;
  readonly stop_grace_period?: string;
  readonly network_mode?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

interface Probe {
  readonly exec?: { readonly command: readonly string[] };
  readonly httpGet?: { readonly path: string; readonly port: number };
}

interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
  }[];
  readonly envFrom?: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly volumeMounts?: readonly { readonly name: string }[];
}

interface Pod {
  readonly enableServiceLinks?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly containers: readonly Container[];
  readonly volumes?: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly secret?: { readonly secretName: string; readonly items: readonly { readonly key: string }[] };
  }[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Environment;
  readonly spec?: {
    readonly selector: Readonly<Record<string, unknown>>;
    readonly ports?: readonly { readonly port: number; readonly targetPort?: string }[];
    readonly template?: { readonly metadata: { readonly labels: object }; readonly spec: Pod };
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
  };
}

/** Every document of a file, read as strictly as YAML can be. */
function read(file: string): unknown[] {
  const documents = parseAllDocuments(readDocument(file), { merge: true, strict: true, uniqueKeys: true });
  if (!Array.isArray(documents)) throw new Error(`${file} is empty`);
  for (const { errors, warnings } of documents) expect([...errors, ...warnings]).toEqual([]);
  return documents.map((document): unknown => document.toJS());
}

const [compose] = read("deploy/compose.yaml") as [Compose];
const manifests = read("deploy/kubernetes.yaml") as Manifest[];
const pods = manifests.flatMap(({ metadata, spec }) =>
  spec?.template ? [{ name: metadata.name, spec, labels: spec.template.metadata.labels, pod: spec.template.spec }] : [],
);
const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);
const configMaps = new Map(ofKind("ConfigMap").map(({ metadata, data = {} }) => [metadata.name, data]));
/** What the comment above the manifests tells to create. */
const secretKeys = [...readDocument("deploy/kubernetes.yaml").matchAll(/--from-literal=([\w-]+)=/g)].map(
  ([, key]) => key,
);

const SECRET = "a-secret";
const composeServers = Object.entries(compose.services).filter(([, { image }]) => image === "stagewire");
const kubernetesServers = pods.flatMap(({ name, pod }) =>
  pod.containers.filter((container) => container.name === "stagewire").map((container) => ({ name, pod, container })),
);

/** As Kubernetes gives it: `$(NAME)` is what an earlier variable holds. */
function environmentOf({ env = [], envFrom = [] }: Container): Environment {
  const found = Object.assign(
    {},
    ...envFrom.map(({ configMapRef }) => configMaps.get(configMapRef.name)),
  ) as Environment;
  for (const { name, value } of env) {
    found[name] = value?.replaceAll(/\$\((\w+)\)/g, (_, other: string) => found[other] ?? "") ?? SECRET;
  }
  return found;
}

const examples: readonly Example[] = [
  ...composeServers.map(([name, { environment = {}, command, stop_grace_period: grace = "10s" }]) => ({
    name: `compose ${name}`,
    // `${NAME:-}` is nothing where it is not set.
    env: Object.fromEntries(
      Object.entries(environment).map(([key, value]) => [key, value.replace(/^\$\{\w+:-\}$/, "")]),
    ),
    command,
    graceMs: Number(/^(\d+)s$/.exec(grace)?.[1]) * 1_000,
    probes: [],
  })),
  ...kubernetesServers.map(({ name, pod, container }) => ({
    name: `kubernetes ${name}`,
    env: environmentOf(container),
    command: container.command ?? container.args,
    graceMs: (pod.terminationGracePeriodSeconds ?? 30) * 1_000,
    probes: [container.readinessProbe, container.livenessProbe].flatMap((probe) =>
      probe?.exec ? [probe.exec.command] : [],
    ),
  })),
];

/** The settings of a server of an example, as the server itself reads them. */
async function settingsOf({ env }: Example) {
  await using empty = await temporaryFolder();
  return (await loadConfig({ env, cwd: empty.path })).config;
}

describe.each(examples)("the example $name", (example) => {
  test("sets what the server knows, and shares the work by Redis", async () => {
    expect(example.command).toBeUndefined();
    // What is put together of it is not a setting itself.
    const own = Object.keys(example.env).filter((name) => name !== "REDIS_PASSWORD");
    expect(own.filter((name) => !SETTINGS.has(name))).toEqual([]);
    const config = await settingsOf(example);
    expect(config.role).toEqual([/api/.test(example.name) ? "api" : "worker"]);
    expect(config.redisUrl).toMatch(/^redis:\/\//);
    // All servers need the same settings.
    const first = examples.find(({ name }) => name.split(" ")[0] === example.name.split(" ")[0]);
    const { port: _, role: __, ...rest } = config;
    expect(first && (await settingsOf(first))).toMatchObject(rest);
  });

  test("has the time to end its steps before it is killed", async () => {
    const { drainMs, role } = await settingsOf(example);
    const steps = role.includes("worker") ? drainMs : 0;
    expect(example.graceMs).toBeGreaterThanOrEqual(steps + BESIDE_STEPS_MS);
  });

  test("is asked for its health where it answers", async () => {
    const { port } = await settingsOf(example);
    for (const [program = "", ...args] of example.probes) {
      expect(program).toBe("node");
      const there = `http://127.0.0.1:${port}`;
      expect(args.join(" ")).toContain(there);
      await using server = await startServer();
      const nobody = `http://127.0.0.1:${await freePort()}`;
      for (const [url, code] of [
        [server.url, 0],
        [nobody, 1],
      ] as const) {
        await using probe = startProcess(
          process.execPath,
          args.map((arg) => arg.replace(there, url)),
          {},
        );
        expect(await probe.result).toMatchObject({ code });
      }
    }
  });
});

test("the image is made of what is there, and starts a command that the program knows", async () => {
  const dockerfile = readDocument("deploy/Dockerfile");
  const copied = [...dockerfile.matchAll(/^COPY --from=build \/app\/(\S+) (\S+)$/gm)];
  expect(copied.length).toBeGreaterThan(3);
  expect(copied.filter(([, from = ""]) => !existsSync(`${ROOT}${from}`))).toEqual([]);
  const [program, file = "", ...args] = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? "[]") as string[];
  expect({ program, there: existsSync(`${ROOT}${file}`) }).toEqual({ program: "node", there: true });
  const { code, stdout } = await cli([...args, "--help"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`stagewire ${args[0]}`) as string });
  const needed = Number(/FROM node:(\d+)/.exec(dockerfile)?.[1]);
  expect(readDocument("package.json")).toContain(`"node": ">=${needed}.`);
  for (const [, { build }] of composeServers) {
    expect(build).toEqual({ context: "..", dockerfile: "deploy/Dockerfile" });
  }
});

test("the nginx of compose leads to its servers, in the same network namespace", () => {
  const { front, nginx, redis } = compose.services;
  const conf = readDocument("deploy/nginx.conf");
  const led = [...conf.matchAll(/^ +server 127\.0\.0\.1:(\d+);$/gm)].map(([, port]) => port);
  const serving = composeServers.filter(([, { environment }]) => environment?.["STAGEWIRE_ROLE"] === "api");
  expect(new Set(led)).toEqual(new Set(serving.map(([, { environment }]) => environment?.["STAGEWIRE_PORT"])));
  for (const service of [nginx, ...serving.map(([, each]) => each)])
    expect(service?.network_mode).toBe("service:front");
  const listens = /^ +listen (\d+);$/m.exec(conf)?.[1] ?? "";
  expect(front?.ports).toEqual([expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1:\\d+:${listens}$`))]);
  expect(nginx?.volumes).toEqual([expect.stringMatching(/^\.\/nginx\.conf:/)]);
  for (const secret of nginx?.secrets ?? []) {
    expect(compose.secrets).toHaveProperty(secret);
    expect(conf).toContain(`/run/secrets/${secret}`);
  }
  for (const volume of redis?.volumes ?? []) expect(compose.volumes).toHaveProperty(volume.split(":")[0] ?? "");
});

test("the manifests name one another rightly", () => {
  for (const { spec, labels, pod } of pods) {
    expect(spec.selector).toEqual({ matchLabels: labels });
    const claims = spec.volumeClaimTemplates?.map(({ metadata }) => metadata.name) ?? [];
    const volumes = [...(pod.volumes ?? []).map(({ name }) => name), ...claims];
    for (const { env = [], envFrom = [], volumeMounts = [] } of pod.containers) {
      for (const { configMapRef } of envFrom) expect([...configMaps.keys()]).toContain(configMapRef.name);
      for (const { valueFrom } of env) if (valueFrom) expect(secretKeys).toContain(valueFrom.secretKeyRef.key);
      for (const { name } of volumeMounts) expect(volumes).toContain(name);
    }
    for (const { configMap, secret } of pod.volumes ?? []) {
      if (configMap) expect([...configMaps.keys()]).toContain(configMap.name);
      for (const { key } of secret?.items ?? []) expect(secretKeys).toContain(key);
    }
  }
  for (const { metadata, spec } of ofKind("Service")) {
    const led = pods.find(({ labels }) => JSON.stringify(labels) === JSON.stringify(spec?.selector));
    const open = led?.pod.containers.flatMap(({ ports = [] }) => ports) ?? [];
    for (const { port, targetPort } of spec?.ports ?? []) {
      const reached = open.filter(({ name, containerPort }) =>
        targetPort ? name === targetPort : containerPort === port,
      );
      expect({ service: metadata.name, reached: reached.length }).toEqual({ service: metadata.name, reached: 1 });
    }
  }
  // Kubernetes would put STAGEWIRE_PORT=tcp://… into the environment of each pod.
  for (const { pod } of kubernetesServers) expect(pod.enableServiceLinks).toBe(false);
});

test("the nginx beside a server of kubernetes leads to it, and answers the kubelet", async () => {
  const conf = configMaps.get("stagewire-nginx")?.["default.conf"] ?? "";
  const api = examples.find(({ name }) => name === "kubernetes stagewire-api");
  const { port } = await settingsOf(api as Example);
  expect(new Set([...conf.matchAll(/proxy_pass (\S+);/g)].map(([, to]) => to))).toEqual(
    new Set([`http://127.0.0.1:${port}`]),
  );
  const listens = Number(/^ +listen (\d+);$/m.exec(conf)?.[1]);
  const { pod } = kubernetesServers.find(({ name }) => name === "stagewire-api") ?? {};
  const nginx = pod?.containers.find(({ name }) => name === "nginx");
  expect(nginx?.ports).toEqual([{ name: "http", containerPort: listens }]);
  const asked = pod?.containers.flatMap(({ readinessProbe, livenessProbe }) =>
    [readinessProbe, livenessProbe].flatMap((probe) => probe?.httpGet ?? []),
  );
  expect(asked?.length).toBeGreaterThan(0);
  await using server = await startServer();
  for (const get of asked ?? []) {
    expect(get.port).toBe(listens);
    expect(conf).toContain(`location = ${get.path} {\n        auth_basic off;`);
    expect((await fetch(`${server.url}${get.path}`)).status).toBe(200);
  }
});

describe.skipIf(NO_REDIS !== undefined)(`the Redis of the examples, with redis-server${REDIS_SKIP}`, () => {
  const [, ...composed] = compose.services["redis"]?.command?.split(" ") ?? [];
  const [container] = pods.find(({ name }) => name === "stagewire-redis")?.pod.containers ?? [];
  const [, ...kept] = (container?.args ?? []).map((arg) => arg.replace("$(REDISCLI_AUTH)", SECRET));
  test.each([
    ["compose", composed, ""],
    ["kubernetes", kept, `:${SECRET}@`],
  ])("of %s is all that the server asks for, but for a replica", async (_, args, user) => {
    await using redis = await startRedis(args);
    const found = (await checkRedis(`redis://${user}127.0.0.1:${redis.port}`)).map(({ message }) => message);
    expect(found).toEqual([expect.stringMatching(/no replica/)]);
  });
});
