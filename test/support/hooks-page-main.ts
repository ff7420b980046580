import { createClient } from "@stagewire/client";
import { createElement } from "react";
import { hydrateRoot } from "react-dom/client";
import { type Commits, HooksPage } from "./hooks-page.js";

/** What the test that drives this page calls. */
export interface HooksPageWindow {
  readonly commits: Commits;
  unmount(): void;
}

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");
const runId = location.pathname.split("/").at(-1) ?? "";
const commits: Commits = {};
const mounted = hydrateRoot(
  root,
  createElement(HooksPage, { client: createClient({ url: location.origin }), runId, commits }),
);
Object.assign(globalThis, { commits, unmount: () => mounted.unmount() } satisfies HooksPageWindow);
