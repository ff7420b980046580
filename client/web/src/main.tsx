import "./styles/theme.css";
import "./styles/base.css";
import "./styles/run.css";
import "./styles/rail.css";
import "./styles/pulse.css";
import "./styles/steering.css";
import "./styles/prose.css";
import { createClient } from "@stagewire/client";
import { StagewireProvider } from "@stagewire/client/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { KeysProvider } from "./keys/keys-provider";
import { warmFormats } from "./lib/format";
import { applyTheme } from "./lib/theme";

const root = document.getElementById("root");
if (!root) throw new Error("The page has no #root element to show itself in; index.html must have one.");

// Each in a task of its own, since reading the modules is a long one already; the theme is applied, by theme.js.
setTimeout(() =>
  createRoot(root).render(
    <StrictMode>
      <StagewireProvider client={createClient({ url: location.origin })}>
        <KeysProvider>
          <App />
        </KeysProvider>
      </StagewireProvider>
    </StrictMode>,
  ),
);
setTimeout(applyTheme);
setTimeout(warmFormats);
