import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type HtmlTagDescriptor, type Plugin } from "vite";

/** The markdown parser reads `&eacute;` by the document; where there is none, by a table that Node gets too. */
const ENTITIES = "decode-named-character-reference";
const ENTITY_TABLE = fileURLToPath(import.meta.resolve(ENTITIES));

const entitiesWithoutDocument: Plugin = {
  name: "entities-without-document",
  enforce: "pre",
  resolveId: (id) => (id === ENTITIES ? ENTITY_TABLE : undefined),
};

/** The app is read part by part; the page names the parts, so that the browser asks for all of them at once. */
const partsInPage: Plugin = {
  name: "parts-in-page",
  transformIndexHtml: {
    order: "post",
    handler: (_html, { bundle = {}, chunk }) => {
      const parts = new Set(chunk?.dynamicImports);
      const styles = new Set<string>();
      for (const name of parts) {
        const part = bundle[name];
        if (part?.type !== "chunk") continue;
        for (const needed of part.imports) if (needed !== chunk?.fileName) parts.add(needed);
        for (const style of part.viteMetadata?.importedCss ?? []) styles.add(style);
      }
      return [
        ...[...parts].map((name) => link({ rel: "modulepreload", crossorigin: true, href: `/${name}` })),
        ...[...styles].map((name) => link({ rel: "stylesheet", crossorigin: true, href: `/${name}` })),
      ];
    },
  },
};

function link(attrs: HtmlTagDescriptor["attrs"]): HtmlTagDescriptor {
  return { tag: "link", attrs, injectTo: "head" };
}

export default defineConfig(({ command }) => ({
  root: import.meta.dirname,
  base: "/",
  plugins: [react(), partsInPage],
  // In development workers share the modules of the page.
  resolve: { alias: command === "serve" ? { [ENTITIES]: ENTITY_TABLE } : {} },
  // As modules: the highlighter's grammars are files of their own, fetched when a text asks for them.
  worker: { format: "es", plugins: () => [entitiesWithoutDocument] },
  build: {
    outDir: "dist",
    // The server's content security policy has no room for data: URLs.
    assetsInlineLimit: 0,
  },
  server: {
    proxy: { "/trpc": { target: "http://127.0.0.1:4400", ws: true } },
  },
}));
