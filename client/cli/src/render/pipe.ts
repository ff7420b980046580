import type { Output } from "../output.js";
import { resumeCommand } from "../target.js";
import { clock, count, modelName, stepName } from "./format.js";
import { oneLine, plain } from "./plain.js";
import type { Renderer } from "./renderer.js";
import { controlText, errorText, newAttempt, pausedText, stageEnd } from "./sentences.js";

const HEARTBEAT_MS = 10_000;
const LINE = 500;

/** For pipes and logs: the result alone on stdout, stage changes and a heartbeat on stderr, no ANSI. */
export function pipeRenderer(out: Output, err: Output, quiet: boolean): Renderer {
  let spokeAt = Date.now();
  let resume = "";
  let phase = "";
  const say = (text: string) => {
    if (quiet) return;
    spokeAt = Date.now();
    err.write(`${oneLine(text, LINE)}\n`);
  };
  return {
    begin({ runId, url, page, model, localData }) {
      resume = resumeCommand(runId, url);
      say(localData === undefined ? page : `${page} (the server runs in this process, data ${localData})`);
      say(`model ${modelName(model)}`);
    },
    event(event, view) {
      switch (event.type) {
        case "stage_start": {
          const name = stepName(view.pipeline, event.stage, event.iteration);
          const again = newAttempt(event);
          say(again === undefined ? `${name} started (${event.model})` : `${name} ${again}`);
          break;
        }
        case "stage_complete":
          say(`${stepName(view.pipeline, event.stage, event.iteration)} ${stageEnd(event)}`);
          break;
        case "control":
          say(controlText(event));
          break;
        case "error":
          say(errorText(event));
          break;
        case "progress": {
          const paused = event.phase === "paused";
          const news = paused && phase !== "paused";
          phase = event.phase;
          if (!news && Date.now() - spokeAt < HEARTBEAT_MS) break;
          if (paused) {
            say(pausedText(event.message, resume));
            break;
          }
          const parts = [event.phase === "streaming" ? "running" : event.message || event.phase];
          if (event.stage !== undefined) parts.push(stepName(view.pipeline, event.stage, event.iteration ?? 0));
          parts.push(clock(event.elapsedMs));
          if (event.tokens !== undefined) parts.push(`${count(event.tokens)} tokens`);
          if (event.tokensPerSecond !== undefined) parts.push(`${count(event.tokensPerSecond)} tok/s`);
          say(parts.join(", "));
          break;
        }
        default:
      }
    },
    connection(state) {
      if (state.status === "reconnecting" && state.attempt === 1) say("connection lost, connecting again");
    },
    prompt() {},
    restored() {},
    note: say,
    end({ fate, result, code }) {
      if (result !== undefined) out.write(result.endsWith("\n") ? result : `${result}\n`);
      if (!quiet || code !== 0) err.write(`${plain(fate)}\n`);
    },
  };
}
