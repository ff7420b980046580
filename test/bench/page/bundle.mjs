import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** What the built web app weighs in a browser's first requests, in bytes of gzip. */
export function bundleSizes(webRoot) {
  const assets = join(webRoot, "assets");
  const names = readdirSync(assets);
  const size = (name) => gzipSync(readFileSync(join(assets, name)), { level: 9 }).byteLength;
  const total = (chosen) => chosen.reduce((sum, name) => sum + size(name), 0);
  const html = readFileSync(join(webRoot, "index.html"), "utf8");
  const entry = names.filter((name) => html.includes(name));
  const page = names.find((name) => /^run-page-.*\.js$/.test(name));
  const code = readFileSync(join(assets, page), "utf8");
  // What the page's module imports at once; what it imports later stands in calls of `import()`.
  const imported = [...code.matchAll(/(?:^|[;}])import[^"'()]*["']\.\/([^"']+)["']/g)].map(([, name]) => name);
  const styles = names.filter((name) => /^run-page-.*\.css$/.test(name));
  const run = [page, ...imported, ...styles].filter((name) => !entry.includes(name));
  return {
    entry: total(entry),
    run: total(run),
    highlighter: total(names.filter((name) => /^worker-.*\.js$/.test(name))),
  };
}
