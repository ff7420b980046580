import { copyFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { checkPackage } from "@arethetypeswrong/core";
import { filterProblems } from "@arethetypeswrong/core/problems";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startProcess } from "../support/cli-process.js";
import { fencesOf, readDocument, ROOT } from "../support/documents.js";
import {
  loadedFrom,
  NPM,
  npm,
  packAll,
  type PackageName,
  PACKAGES,
  type Packed,
  registryMissing,
} from "../support/packages.js";
import { approvingReview, isReview } from "../support/answers.js";
import { type ScriptedModel, startScriptedModel } from "../support/scripted-model.js";
import { freePort } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";

/** What a careful program asks of its compiler; no setting of ours. */
const STRICT = {
  strict: true,
  skipLibCheck: false,
  target: "es2023",
  lib: ["es2023", "esnext.disposable", "dom"],
  types: ["node"],
};
/** A page that uses the client: nothing of Node, and nothing of the server. */
const PAGE_PROGRAM = `
  import { createClient } from "@stagewire/client";
  import { documentOf } from "@stagewire/client/documents";
  import { useRun } from "@stagewire/client/react";
  import { createReplay } from "@stagewire/client/replay";
  export const all = [createClient({ url: location.origin }), documentOf, useRun, createReplay];
`;
/** The programs in the packages' own README.md, by the file that their first line names. */
const PROGRAMS = new Map(
  Object.values(PACKAGES)
    .flatMap((folder) => fencesOf(readDocument(`${folder}/README.md`)))
    .flatMap(({ body }) => {
      const [, name] = /^\/\/ (\S+\.ts)\n/.exec(body) ?? [];
      return name === undefined ? [] : [[name, body] as const];
    }),
);

const NAMES = Object.keys(PACKAGES) as PackageName[];

let place: Awaited<ReturnType<typeof temporaryFolder>>;
let packed: Packed[];

beforeAll(async () => {
  place = await temporaryFolder();
  await mkdir(path.join(place.path, "tarballs"));
  packed = await packAll(path.join(place.path, "tarballs"));
}, 120_000);

afterAll(() => place[Symbol.asyncDispose]());

function find(name: PackageName): Packed {
  const found = packed.find((one) => one.name === name);
  if (!found) throw new Error(`${name} was not packed`);
  return found;
}

test("what npm packs of this repository is the five packages", () => {
  expect(packed.map(({ name }) => name).toSorted()).toEqual(NAMES.toSorted());
});

describe.each(NAMES)("%s as it would be published", (name) => {
  test("pleases publint", async () => {
    const { bytes } = find(name);
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    expect((await publint({ pack: { tarball }, strict: true })).messages).toEqual([]);
  });

  test("has types for every entry, in every way that an ES module is found", async () => {
    const { package: unpacked, manifest } = find(name);
    const result = await checkPackage(unpacked);
    const entries = Object.keys(manifest.exports ?? {}).filter((entry) => !entry.endsWith(".json"));
    if (!result.types) return expect(entries).toEqual([]);
    expect(Object.keys(result.entrypoints).toSorted()).toEqual(entries.toSorted());
    // CommonJS under TypeScript before 5.8 and `moduleResolution: node10` are left out: docs/decisions/packages.md.
    for (const resolutionKind of ["node16-esm", "bundler"] as const) {
      expect(filterProblems(result, { resolutionKind }), resolutionKind).toEqual([]);
    }
  });

  test("holds what a stranger needs, and nothing else", () => {
    const { files, manifest, folder, text } = find(name);
    expect(manifest).toMatchObject({ license: "MIT", type: "module", keywords: expect.arrayContaining(["stagewire"]) });
    expect(text("LICENSE")).toBe(readDocument("LICENSE"));
    expect(text("README.md")).toBe(readDocument(`${folder}/README.md`));
    expect(manifest.version).toBe(find("stagewire").manifest.version);
    for (const [other, range] of Object.entries(manifest.dependencies ?? {})) {
      if (other in PACKAGES) expect(range, other).toBe(manifest.version);
    }
    const wanted =
      /^(package\.json|README\.md|LICENSE|root(\.d\.ts|\.js)|bin\/[\w.]+|dist\/[^.][^]*\.(js|js\.map|d\.ts)|dist\/(index\.html|[\w/.-]+\.(css|svg)))$/;
    expect(files.filter((file) => !wanted.test(file))).toEqual([]);
    expect(files.filter((file) => /(\.test\.|\/test\/)/.test(file))).toEqual([]);
    // A map without its sources would be of no use.
    for (const file of files.filter((one) => one.endsWith(".js.map"))) {
      const { sources, sourcesContent } = JSON.parse(text(file) ?? "") as Record<string, string[]>;
      expect(sourcesContent?.length, file).toBe(sources?.length);
    }
  });

  test("loads nothing that would not be installed with it", () => {
    const one = find(name);
    const installed = new Set<string>([
      ...Object.keys({ ...one.manifest.dependencies, ...one.manifest.peerDependencies }),
      name,
    ]);
    const types = loadedFrom(one, "types");
    const code = loadedFrom(one, "code");
    expect([...types, ...code].filter((other) => !installed.has(other))).toEqual([]);
    if (name !== "@stagewire/web") expect(code.size).toBeGreaterThan(0);
  });
});

const unreachable = registryMissing();

// Compilers and a server that starts take their time on a machine that is busy with other tests.
describe.skipIf(unreachable)("a stranger (needs the npm registry)", { timeout: 120_000 }, () => {
  let folder: string;
  let port: number;
  let model: ScriptedModel;
  let env: Record<string, string>;

  beforeAll(async () => {
    folder = path.join(place.path, "stranger");
    await mkdir(folder);
    await writeFile(path.join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    await npm(
      [
        ...["install", "--no-audit", "--no-fund", ...packed.map(({ tarball }) => tarball)],
        // Under other names, since both bring a command `tsc`.
        ...["typescript-5@npm:typescript@5.9", "typescript-7@npm:typescript@7"],
        ...["@trpc/client@11", "@types/node@20", "@types/react@19", "react@19"],
      ],
      folder,
    );
    port = await freePort();
    for (const file of ["use-packages.ts", "undocumented.cjs"]) {
      await copyFile(`${ROOT}test/support/consumer/${file}`, path.join(folder, file));
    }
    await writeFile(path.join(folder, "page-program.ts"), PAGE_PROGRAM);
    for (const [name, body] of PROGRAMS) {
      const here = body.replaceAll("127.0.0.1:4400", `127.0.0.1:${port}`);
      await writeFile(path.join(folder, name), here.replaceAll("createServer({", "createServer({ port: 0,"));
    }
    model = await startScriptedModel();
    model.answer((call) => (isReview(call) ? approvingReview(true) : "An answer about owls.\n"));
    env = { OPENAI_BASE_URL: model.baseUrl, STAGEWIRE_MODEL: "some-model", STAGEWIRE_PORT: String(port) };
  }, 180_000);

  afterAll(() => model?.[Symbol.asyncDispose]());

  /** Compiles `files`, into the folder `name`. */
  async function compile(
    name: string,
    compiler: string,
    files: readonly string[],
    options: object,
    ...flags: string[]
  ) {
    const compilerOptions = { ...STRICT, outDir: name, ...options };
    await writeFile(path.join(folder, `${name}.json`), JSON.stringify({ compilerOptions, files }));
    return await run(`node_modules/${compiler}/bin/tsc`, "-p", `${name}.json`, ...flags);
  }

  async function run(...args: string[]) {
    await using running = startProcess(process.execPath, args, { cwd: folder, env });
    return await running.result;
  }

  test.each([
    ["typescript-5", "nodenext", "nodenext"],
    ["typescript-7", "nodenext", "nodenext"],
    ["typescript-5", "bundler", "esnext"],
    ["typescript-7", "bundler", "esnext"],
  ])(
    "compiles with %s and moduleResolution %s, all declarations checked",
    async (compiler, moduleResolution, module) => {
      const files = ["use-packages.ts", ...PROGRAMS.keys()];
      const options = { module, moduleResolution };
      const result = await compile(`${compiler}-${moduleResolution}`, compiler, files, options, "--noEmit");
      expect(result).toEqual({ code: 0, stdout: "", stderr: "" });
    },
  );

  test("finds a docstring at all that it can import, and can import every type that is named there", async () => {
    const entries = packed.flatMap(({ name, manifest }) =>
      Object.values(manifest.exports ?? {}).flatMap((entry) =>
        typeof entry === "object" && entry["types"] !== undefined ? [path.posix.join(name, entry["types"])] : [],
      ),
    );
    expect(entries).toContain("@stagewire/client/dist/react/index.d.ts");
    expect(await run("undocumented.cjs", ...entries)).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("compiles a page with the client, without types of Node or of the server", async () => {
    const options = { module: "esnext", moduleResolution: "bundler", types: [] };
    const { code, stdout } = await compile(
      "page",
      "typescript-7",
      ["page-program.ts"],
      options,
      "--noEmit",
      "--listFiles",
    );
    const read = stdout.trim().split("\n");
    expect({ code, wrong: read.filter((line) => /error TS|\/(@types\/node|@stagewire\/server)\//.test(line)) }).toEqual(
      {
        code: 0,
        wrong: [],
      },
    );
    expect(read.filter((line) => line.includes("@stagewire/client/dist/react/"))).not.toEqual([]);
  });

  test("can require every library from CommonJS", async () => {
    const all = NAMES.flatMap((name) =>
      Object.keys(find(name).manifest.exports ?? {}).map((entry) => path.posix.join(name, entry)),
    );
    expect(all).toContain("@stagewire/client/react");
    const script = `for (const name of ${JSON.stringify(all)}) console.log(Object.keys(require(name)).length > 0)`;
    expect(await run("--input-type=commonjs", "--eval", script)).toMatchObject({
      code: 0,
      stdout: "true\n".repeat(all.length),
    });
  });

  test("runs the command, the server, the page and the programs of the packages' documents", async () => {
    const built = await compile("out", "typescript-7", [...PROGRAMS.keys()], { module: "nodenext" });
    expect(built).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await run("out/fold.js")).toEqual({ code: 0, stdout: "running Owls\n", stderr: "" });

    const [command, ...before] = NPM;
    const npx = [...before, "exec", "--", "stagewire", "run", "owls"];
    await using once = startProcess(command, npx, { cwd: folder, env });
    expect(await once.result).toMatchObject({ code: 0, stdout: "An answer about owls.\n" });

    {
      // What npx runs, without npm between this test and the process that it has to end.
      await using serve = startProcess(path.join(folder, "node_modules/.bin/stagewire"), ["serve"], {
        cwd: folder,
        env,
      });
      await serve.printed("ready in");
      await servesThePage(`http://127.0.0.1:${port}`);
      const watched = await run("out/watch.js");
      expect(watched).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("An answer about owls.") });
    }
    {
      await using serve = startProcess(process.execPath, ["out/serve.js"], { cwd: folder, env });
      await serve.printed("An answer about owls.\n\ncompleted\n");
    }
    await using page = startProcess(process.execPath, ["out/page.js"], { cwd: folder });
    await page.printed(/http:\S+\n/);
  });

  async function servesThePage(url: string) {
    const page = await fetch(url);
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(html).toContain('<div id="root">');
    const linked = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, target = ""]) => target);
    expect(linked.filter((target) => /^\/assets\/.+\.js$/.test(target))).not.toEqual([]);
    const assets = find("@stagewire/web").files.filter((file) => file.startsWith("dist/assets/"));
    for (const target of new Set([...linked, ...assets.map((file) => file.slice("dist".length))])) {
      const { status, headers } = await fetch(url + target);
      const type = headers.get("content-type");
      expect({ target, status, html: type?.includes("html") }).toEqual({ target, status: 200, html: false });
    }
  }
});
