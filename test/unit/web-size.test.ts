import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import { build } from "vite";

const ENTRY_BYTES = 175_000;
const RUN_ROUTE_BYTES = 70_000;

const web = (path: string) => fileURLToPath(new URL(`../../client/web/${path}`, import.meta.url));

interface Chunk {
  readonly name: string;
  /** Its styles among them. */
  readonly bytes: number;
  readonly imports: readonly string[];
  readonly isEntry: boolean;
  readonly module: string | null;
  readonly modules: readonly string[];
}

interface Built {
  readonly chunks: Map<string, Chunk>;
  readonly html: string;
}

afterEach(() => {
  vi.unstubAllEnvs();
});

/** The web app's own build, in memory. */
async function buildWeb(): Promise<Built> {
  // As it is here, it would make vite take the development version of packages that have one.
  vi.stubEnv("NODE_ENV", "production");
  const result = await build({
    configFile: web("vite.config.ts"),
    logLevel: "silent",
    build: { write: false },
  });
  const [output] = Array.isArray(result) ? result : [result];
  if (!output || !("output" in output)) throw new Error("vite built nothing");
  const files = output.output;
  const textOf = (name: string): string => {
    const file = files.find(({ fileName }) => fileName === name);
    if (file?.type !== "asset") throw new Error(`vite built no ${name}`);
    return file.source.toString();
  };
  const weigh = (text: string): number => gzipSync(text, { level: 9 }).byteLength;
  const chunks = files.flatMap((file): Chunk[] => {
    if (file.type !== "chunk") return [];
    const styles = [...(file.viteMetadata?.importedCss ?? [])].map(textOf);
    const bytes = [file.code, ...styles].map(weigh).reduce((sum, one) => sum + one, 0);
    const { fileName: name, imports, isEntry, facadeModuleId: module, moduleIds: modules } = file;
    return [{ name, bytes, imports, isEntry, module, modules }];
  });
  return { chunks: new Map(chunks.map((chunk) => [chunk.name, chunk])), html: textOf("index.html") };
}

/** A chunk and all that has to be there before it runs. */
function closure(chunks: Map<string, Chunk>, name: string, into = new Set<Chunk>()): Set<Chunk> {
  const chunk = chunks.get(name);
  if (!chunk || into.has(chunk)) return into;
  into.add(chunk);
  for (const needed of chunk.imports) closure(chunks, needed, into);
  return into;
}

test("the web app fits into its budgets, and loads the highlighter and other extras later", async () => {
  const { chunks, html } = await buildWeb();
  const all = [...chunks.values()];
  // The entry is read part by part: the page names them all.
  const entry = new Set<Chunk>();
  for (const { name } of all) if (html.includes(`/${name}"`)) closure(chunks, name, entry);
  expect([...entry].some(({ isEntry }) => isEntry)).toBe(true);
  expect([...entry].some(({ module }) => module?.endsWith("src/start.tsx"))).toBe(true);
  const route = closure(chunks, all.find(({ module }) => module?.endsWith("src/run/run-page.tsx"))?.name ?? "");
  const total = (some: Iterable<Chunk>) => [...some].reduce((sum, { bytes }) => sum + bytes, 0);
  const onTop = [...route].filter((chunk) => !entry.has(chunk));
  console.info(`entry: ${total(entry)} of ${ENTRY_BYTES} bytes gzip; run route: ${total(onTop)} of ${RUN_ROUTE_BYTES}`);
  expect(total(entry)).toBeGreaterThan(0);
  expect(total(onTop)).toBeGreaterThan(0);
  expect(total(entry)).toBeLessThanOrEqual(ENTRY_BYTES);
  expect(total(onTop)).toBeLessThanOrEqual(RUN_ROUTE_BYTES);
  const early = [...route, ...entry].flatMap(({ modules }) => modules);
  expect(early.filter((id) => /node_modules\/(?:@shikijs|shiki|cmdk|eventsource|fflate|remend)\//.test(id))).toEqual(
    [],
  );
}, 60_000);
