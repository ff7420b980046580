import type { PipelineInfo, ServerInfo, Usage } from "@stagewire/shared";

const counts = new Intl.NumberFormat("en-US");

/** `1,842` */
export function count(value: number): string {
  return counts.format(Math.round(value));
}

/** `0.4 s`, `12.3 s`, from a minute on `2 min 14 s`, from an hour on `1 h 02 min`. */
export function duration(ms: number): string {
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** `02:14`, from an hour on `1:02:14`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const short = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return seconds < 3600 ? short : `${Math.floor(seconds / 3600)}:${short}`;
}

/** `812 bytes`, `12.3 kB` */
export function size(bytes: number): string {
  return bytes < 1_000
    ? `${bytes} bytes`
    : bytes < 1e6
      ? `${(bytes / 1e3).toFixed(1)} kB`
      : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** `1,204 tokens`, marked where it is an estimate. */
export function tokens(usage: Usage): string {
  return `${usage.estimated ? "about " : ""}${count(usage.completionTokens)} tokens`;
}

/** `review 3/5`, with `iteration 2` inside the loop. */
export function stepName(pipeline: PipelineInfo, stage: string, iteration: number): string {
  const index = pipeline.stages.findIndex(({ id }) => id === stage);
  const place = index < 0 ? "" : ` ${index + 1}/${pipeline.stages.length}`;
  return `${stage}${place}${iteration > 0 ? ` iteration ${iteration}` : ""}`;
}

/** `demo (canned answers: …)` or `gpt-5-mini at https://api.openai.com/v1`. */
export function modelName(model: ServerInfo["model"]): string {
  if (model.kind === "demo") return "demo (canned answers: no OPENAI_API_KEY or OPENAI_BASE_URL)";
  return model.baseUrl === undefined ? model.name : `${model.name} at ${model.baseUrl}`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
