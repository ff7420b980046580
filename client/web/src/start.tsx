import { StagewireProvider } from "@stagewire/client/react";
import { startTransition, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { createPageClient } from "./client";
import { KeysProvider } from "./keys/keys-provider";
import { warmFormats } from "./lib/format";
import { applyTheme } from "./lib/theme";

/** Shows the app. */
export function start(): void {
  const root = document.getElementById("root");
  if (!root) throw new Error("The page has no #root element to show itself in; index.html must have one.");
  const client = createPageClient();
  // A transition is rendered in slices, where the browser has its turn in between.
  startTransition(() =>
    createRoot(root).render(
      <StrictMode>
        <StagewireProvider client={client}>
          <KeysProvider>
            <App />
          </KeysProvider>
        </StagewireProvider>
      </StrictMode>,
    ),
  );
  // It is applied already, by theme.js.
  setTimeout(applyTheme);
  setTimeout(warmFormats);
}
