import type { Client } from "@stagewire/client";
import type { Command, RunView } from "@stagewire/shared";
import { openInBrowser } from "../browser.js";
import type { Context } from "../context.js";
import { reasonText } from "../reasons.js";
import type { Renderer } from "../render/renderer.js";
import { keyLine } from "./key-table.js";
import { type KeyAction, type KeyState, press, promptOf, READY } from "./key-presses.js";
import type { Keyboard } from "./keyboard.js";

/** After which time without an answer it is said that there is none. */
const ANSWER_MS = 2_000;

export interface LiveKeysOptions {
  readonly keyboard: Keyboard;
  readonly client: Client;
  readonly runId: string;
  readonly page: string;
  readonly env: Context["env"];
  readonly renderer: Renderer;
  /** True when the run's server ends with this command. */
  readonly local: boolean;
  /** True when other servers on the same Redis go on with the run then. */
  readonly shared: boolean;
  /** Fires when the command leaves the run. */
  readonly leaving: AbortSignal;
  /** The run as it was last seen. */
  view(): RunView;
  cancel(): void;
  detach(): void;
}

/** Steers the run by keys. A command that was pressed is shown as requested until its answer; its effect is an event. */
export function liveKeys(options: LiveKeysOptions): void {
  const { keyboard, client, runId, renderer } = options;
  let state: KeyState = READY;
  let waiting: string | undefined;
  let warned = false;
  const refresh = () => renderer.prompt(promptOf(state) ?? waiting);

  const send = async (name: string, command: Command) => {
    const wait = (text: string | undefined) => {
      waiting = text;
      refresh();
    };
    wait(`${name}: requested`);
    const timer = setTimeout(() => wait(`${name}: not confirmed yet, still trying`), ANSWER_MS);
    try {
      const ack = await client.runs.control(runId, command, { signal: options.leaving });
      if (ack.outcome === "rejected") renderer.note(`${name} was rejected: ${reasonText(ack.reason)}`);
    } catch (error) {
      if (options.leaving.aborted) return;
      renderer.note(`${name} was not confirmed: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      clearTimeout(timer);
      wait(undefined);
    }
  };

  const act = (action: KeyAction) => {
    switch (action.do) {
      case "pause": {
        const { paused, progress } = options.view();
        const type = paused || progress?.phase === "paused" ? "resume" : "pause";
        return void send(type, { type });
      }
      case "skip":
        return void send("skip", { type: "skip", target: "iteration", when: "now" });
      case "guide":
        return void send("guide", { type: "guide", text: action.text });
      case "cancel":
        return options.cancel();
      case "detach":
        if (!options.local || warned) return options.detach();
        warned = true;
        return renderer.note(
          options.shared
            ? "the run's server is in this command, so the run goes on only where another one is on the same Redis; d again leaves"
            : "the run's server is in this command, so the run stops with it; d again leaves",
        );
      case "open":
        return void open();
      case "keys":
        return renderer.note(keyLine());
    }
  };
  const open = async () => {
    const problem = await openInBrowser(options.page, options.env);
    renderer.note(problem === undefined ? `opened ${options.page}` : `${problem}: open ${options.page} yourself`);
  };

  keyboard.onContinue(() => renderer.restored());
  keyboard.onKey((key) => {
    const pressed = press(state, key);
    state = pressed.state;
    refresh();
    if (pressed.action) act(pressed.action);
  });
}
