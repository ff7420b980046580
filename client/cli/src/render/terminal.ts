import type { ConnectionState } from "@stagewire/client";
import { initialView, type RunEvent, type RunView, type StageCompleteEvent } from "@stagewire/shared";
import { keyLine } from "../keys/key-table.js";
import type { Output } from "../output.js";
import { resumeCommand } from "../target.js";
import { count, duration, modelName, stepName } from "./format.js";
import type { Paint } from "./paint.js";
import { fitEnd, oneLine, plain } from "./plain.js";
import type { Renderer } from "./renderer.js";
import { createScreen } from "./screen.js";
import { controlText, errorText, newAttempt, pausedText, stageEnd } from "./sentences.js";
import { statusLine } from "./status-line.js";
import { createStepText } from "./step-text.js";

const REFRESH_MS = 250;
/** Columns that the status line leaves free, so that the `^C` of Ctrl-C still fits into its row. */
const SPARE = 3;

export interface TerminalOptions {
  readonly paint: Paint;
  /** False where the terminal can't move its cursor: then there is no status line. */
  readonly statusLine: boolean;
  /** The run can be steered by keys. */
  readonly keys: boolean;
}

/** For people: the text as the model writes it, a heading and a closing line for each step, a status line at the bottom. */
export function terminalRenderer(out: Output, { paint, statusLine: withStatus, keys }: TerminalOptions): Renderer {
  const screen = createScreen(out.write, out.columns);
  const stepText = createStepText();
  let view: RunView = initialView();
  let connection: ConnectionState = { status: "idle" };
  let resume = "";
  let eventAt = Date.now();
  let tokenAt: number | undefined;
  /** The step and attempt under whose heading the text stands. */
  let heading = "";
  let thinking = "";
  let phase = "";
  let timer: NodeJS.Timeout | undefined;
  let prompt: string | undefined;

  const refresh = () => {
    if (!timer) return;
    const width = out.columns() - SPARE;
    if (prompt !== undefined) return screen.status(fitEnd(plain(prompt), width));
    const goOn = keys ? "p goes on" : resume;
    const facts = { view, connection, resume: goOn, now: Date.now(), eventAt };
    screen.status(statusLine({ ...facts, ...(tokenAt !== undefined && { tokenAt }) }, width));
  };
  const redraw = () => {
    screen.resized();
    refresh();
  };
  const unsubscribe = out.onResize(redraw);
  const head = (stage: string, iteration: number, model?: string) => {
    const name = `${stage}#${iteration}`;
    if (name === heading) return;
    heading = name;
    const what = stepName(view.pipeline, stage, iteration);
    screen.line(
      `\n${paint("bold", `── ${plain(what)}`)}${model === undefined ? "" : paint("dim", ` · ${plain(model)}`)}`,
    );
  };

  const show = (event: RunEvent) => {
    switch (event.type) {
      case "run_start":
        screen.line(paint("dim", `Task   ${oneLine(event.task, out.columns() - 8)}`));
        break;
      case "stage_start": {
        tokenAt = undefined;
        const again = newAttempt(event);
        if (again === undefined) head(event.stage, event.iteration, event.model);
        else {
          const known = heading === `${event.stage}#${event.iteration}`;
          head(event.stage, event.iteration, event.model);
          screen.line(paint("yellow", plain(known ? `↻ ${again}; what it wrote before is void` : `↻ ${again}`)));
        }
        break;
      }
      case "token": {
        tokenAt = Date.now();
        head(event.stage, event.iteration);
        if (event.channel === "output") {
          screen.text(plain(stepText.fresh(event)));
          break;
        }
        const name = `${heading}#${event.attempt}`;
        if (thinking !== name) screen.line(paint("dim", "thinking…"));
        thinking = name;
        break;
      }
      case "progress":
        if (event.phase !== phase && (event.phase === "queued" || event.phase === "paused")) {
          const news = event.phase === "paused" ? pausedText(event.message, resume) : event.message || event.phase;
          screen.line(paint("yellow", plain(news)));
        }
        phase = event.phase;
        break;
      case "stage_complete":
        tokenAt = undefined;
        head(event.stage, event.iteration);
        if (event.outcome === "completed") screen.text(plain(stepText.rest(event)));
        screen.line(outcomeLine(event, paint));
        break;
      case "control":
        screen.line(paint("cyan", plain(`» ${controlText(event)}`)));
        break;
      case "error":
        screen.line(paint(event.fatal ? "red" : "yellow", plain(`! ${errorText(event)}`)));
        break;
      default:
    }
  };

  return {
    begin({ runId, url, page, model, localData }) {
      resume = resumeCommand(runId, url);
      screen.line(paint("bold", page));
      screen.line(paint("dim", plain(`Model  ${modelName(model)}`)));
      if (localData !== undefined) {
        screen.line(paint("dim", plain(`Server in this process, data ${localData}`)));
      }
      if (keys) screen.line(paint("dim", `Keys   ${oneLine(keyLine(), out.columns() - 8)}`));
      if (withStatus) timer = setInterval(refresh, REFRESH_MS).unref();
      refresh();
    },
    event(event, folded, signal) {
      view = folded;
      eventAt = Date.now();
      show(event);
      refresh();
      return out.drained(signal);
    },
    connection(state) {
      if (state.status === "reconnecting" && connection.status !== "reconnecting") {
        screen.line(paint("yellow", "connection lost, connecting again"));
      } else if (state.status === "open" && connection.status === "reconnecting") {
        screen.line(paint("yellow", "connected again"));
      }
      // Between two tries the state is "connecting": still the same loss.
      if (state.status !== "connecting") connection = state;
      refresh();
    },
    prompt(text) {
      prompt = text;
      refresh();
    },
    restored: redraw,
    note(text) {
      screen.line(paint("yellow", plain(text)));
    },
    end({ fate, view: last }) {
      clearInterval(timer);
      timer = undefined;
      unsubscribe();
      screen.status("");
      if (last.durationMs !== undefined) screen.line(paint("dim", `\n${totals(last)}`));
      screen.line(paint(last.status === "completed" ? "green" : "yellow", plain(fate)));
    },
  };
}

function outcomeLine(event: StageCompleteEvent, paint: Paint): string {
  switch (event.outcome) {
    case "completed":
      return paint("green", `✓ ${stageEnd(event)}`);
    case "failed":
      return paint("red", `✗ ${stageEnd(event)}`);
    default:
      return paint("yellow", `○ ${stageEnd(event)}`);
  }
}

/** `7 steps, 2 min 14 s, 12,345 tokens in, 6,789 out, $0.01` */
function totals({ steps, usage, costUsd, durationMs = 0 }: RunView): string {
  const about = usage.estimated ? "about " : "";
  const parts = [
    ...(steps.length > 0 ? [`${steps.length} ${steps.length === 1 ? "step" : "steps"}`] : []),
    duration(durationMs),
    `${about}${count(usage.promptTokens)} tokens in, ${about}${count(usage.completionTokens)} out`,
  ];
  if (costUsd !== undefined) parts.push(`$${costUsd.toFixed(costUsd < 1 ? 4 : 2)}`);
  return parts.join(", ");
}
