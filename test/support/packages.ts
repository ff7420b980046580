import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { createPackageFromTarballData, type Package } from "@arethetypeswrong/core";
import { parseAst } from "vite";
import { ROOT } from "./documents.js";
import { cleanEnvironment } from "./server-process.js";

/** The folders of the packages that are published, by name. */
export const PACKAGES = {
  "@stagewire/shared": "shared",
  "@stagewire/server": "server",
  "@stagewire/client": "client/sdk",
  "@stagewire/web": "client/web",
  stagewire: "client/cli",
} as const;

export type PackageName = keyof typeof PACKAGES;

/** What the tests read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports?: Record<string, string | Record<string, string>>;
  readonly imports?: Record<string, Record<string, string>>;
  readonly bin?: Record<string, string>;
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly [field: string]: unknown;
}

/** A package as it would be published. */
export interface Packed {
  readonly name: PackageName;
  readonly folder: string;
  /** Path of the tarball. */
  readonly tarball: string;
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
  /** Paths within the package. */
  readonly files: readonly string[];
  /** For attw. */
  readonly package: Package;
  /** The text of a file; undefined where the package has none of that name. */
  text(file: string): string | undefined;
}

/** Packs all that is published into `destination`, from what was built last. */
export async function packAll(destination: string): Promise<Packed[]> {
  const said = await npm(["pack", "--workspaces", "--json", "--pack-destination", destination], ROOT);
  const report = JSON.parse(said.slice(said.search(/^[[{]/m))) as { name: PackageName; filename: string }[];
  return await Promise.all(
    Object.values(report).map(async ({ name, filename }) => {
      const tarball = path.join(destination, filename);
      const bytes = new Uint8Array(await readFile(tarball));
      const unpacked = createPackageFromTarballData(bytes);
      const at = `/node_modules/${name}/`;
      const text = (file: string) => unpacked.tryReadFile(at + file);
      return {
        name,
        folder: PACKAGES[name],
        tarball,
        bytes,
        manifest: JSON.parse(text("package.json") ?? "") as Manifest,
        files: unpacked.listFiles(at).map((file) => file.slice(at.length)),
        package: unpacked,
        text,
      };
    }),
  );
}

/**
 * Everything outside the package that its code or its declarations load, from the files that others can import or run.
 * Relative imports are followed; one that leads to no packed file is told too.
 */
export function loadedFrom({ manifest, text }: Packed, kind: "code" | "types"): Set<string> {
  const targets = (value: unknown, condition = "default"): [string, string][] =>
    typeof value === "string"
      ? [[condition, value]]
      : Object.entries(value ?? {}).flatMap(([key, inner]) => targets(inner, key));
  const starts = [manifest.exports, manifest.imports, manifest.bin]
    .flatMap((value) => targets(value))
    .filter(([condition]) => (condition === "types") === (kind === "types"))
    .map(([, file]) => path.posix.normalize(file));
  const seen = new Set<string>();
  const outside = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file) || file.endsWith(".json")) return;
    seen.add(file);
    const source = text(file);
    if (source === undefined) return void outside.add(file);
    for (const specifier of kind === "types" ? namedInTypes(source) : namedInCode(source)) {
      if (specifier.startsWith(".")) {
        const target = path.posix.join(path.posix.dirname(file), specifier);
        visit(kind === "types" ? target.replace(/\.js$/, ".d.ts") : target);
      } else if (!/^(?:node:|#)/.test(specifier)) {
        outside.add(/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier);
      }
    }
  };
  for (const start of starts) visit(start);
  return outside;
}

function namedInTypes(source: string): string[] {
  const code = source.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*"([^"\s]+)"/g)].map(([, specifier = ""]) => specifier);
}

/** By a parser, for the demo model's answers have imports in their texts. */
function namedInCode(source: string): string[] {
  const found: string[] = [];
  const walk = (node: unknown) => {
    if (typeof node !== "object" || node === null) return;
    const { type, source: from } = node as { type?: string; source?: { value?: unknown } | null };
    if (/^(Import|Export)/.test(type ?? "") && typeof from?.value === "string") found.push(from.value);
    for (const inner of Object.values(node)) walk(inner);
  };
  walk(parseAst(source));
  return found;
}

/** Runs npm, the one that runs these tests if one does, and resolves with what it printed; rejects where it fails. */
export async function npm(args: readonly string[], cwd: string): Promise<string> {
  const [command, ...before] = NPM;
  const child = spawn(command, [...before, ...args], { cwd, env: cleanEnvironment() });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`npm ${args.join(" ")} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

const script = process.env["npm_execpath"];
/** Under `npm test`, the very npm that was called. */
export const NPM: readonly [string, ...string[]] = script?.endsWith(".js") ? [process.execPath, script] : ["npm"];

/** Whether strangers could install anything at this moment. scripts/lib/capabilities.mjs asks the same. */
export function registryMissing(): boolean {
  const [command, ...before] = NPM;
  const args = [...before, "view", "zod", "version", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"];
  return spawnSync(command, args, { stdio: "ignore" }).status !== 0;
}
