import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** The markdown parser reads `&eacute;` by the document; where there is none, by a table that Node gets too. */
const ENTITIES = "decode-named-character-reference";
const ENTITY_TABLE = fileURLToPath(import.meta.resolve(ENTITIES));

const entitiesWithoutDocument: Plugin = {
  name: "entities-without-document",
  enforce: "pre",
  resolveId: (id) => (id === ENTITIES ? ENTITY_TABLE : undefined),
};

export default defineConfig(({ command }) => ({
  root: import.meta.dirname,
  base: "/",
  plugins: [react()],
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
