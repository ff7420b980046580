import type { Context } from "./context.js";
import { type Keyboard, openKeyboard } from "./keys/keyboard.js";
import { jsonRenderer } from "./render/json.js";
import { createPaint } from "./render/paint.js";
import { pipeRenderer } from "./render/pipe.js";
import type { Renderer } from "./render/renderer.js";
import { terminalRenderer } from "./render/terminal.js";

export interface Presentation {
  readonly renderer: Renderer;
  readonly kind: "terminal" | "pipe" | "json";
  /** There where the run can be steered by keys; whoever gets it has to dispose it. */
  readonly keyboard?: Keyboard;
}

/** How a run is shown: as `--json` says, for people at a terminal, else for pipes. */
export function choosePresentation(
  { args, out, err, env }: Context,
  { keys = true }: { keys?: boolean } = {},
): Presentation {
  const { json, quiet = false } = args.values;
  if (json) return { kind: "json", renderer: jsonRenderer(out, err) };
  if (!out.isTTY || quiet) return { kind: "pipe", renderer: pipeRenderer(out, err, quiet) };
  const dumb = env["TERM"] === "dumb";
  const paint = createPaint(!dumb && !args.values["no-color"] && !env["NO_COLOR"]);
  const keyboard = dumb || !keys ? undefined : openKeyboard(process.stdin);
  const renderer = terminalRenderer(out, { paint, statusLine: !dumb, keys: keyboard !== undefined });
  return { kind: "terminal", renderer, ...(keyboard && { keyboard }) };
}
