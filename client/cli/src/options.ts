import type { ConfigInput } from "@stagewire/server";

/** One option of the command line. */
export interface OptionSpec {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** May be given several times. */
  readonly multiple?: boolean;
  /** How the value is called in the help text. */
  readonly value?: string;
  /** Values that it takes, where they can be listed. */
  readonly choices?: readonly string[];
  /** The value is the name of a file. */
  readonly file?: boolean;
  readonly help: string;
}

/** Settings that `serve` takes as flags: all but those that only code can give. The type makes a new setting show up here. */
export const SERVER_OPTIONS = {
  port: "port to listen on; 0 takes any free one",
  host: "address to listen on",
  data: "folder of the run log",
  model: "model for stages that name none",
  openaiApiKey: "key for the model's server (better: the environment's OPENAI_API_KEY)",
  redisUrl: "address of a Redis that keeps the run log instead, for one server or several",
  role: "what this server does for the others on its Redis: api, worker, or both with a comma",
  openaiBaseUrl: "address of any OpenAI-compatible server",
  maxConcurrentRuns: "runs at a time; more wait in a queue",
  maxTaskBytes: "bytes that a task may have",
  maxMessageBytes: "bytes of one message",
  maxSubscriptionsPerSocket: "subscriptions on one socket",
  maxRefinements: "most refinement iterations that a run may ask for",
  fallbackModels: "models to go on with where one fails for good, with commas",
  maxAttempts: "tries of one model in a step",
  connectTimeoutMs: "ms until a connection to the model's server has to be there",
  firstTokenTimeoutMs: "ms until the first token has to come",
  stallTimeoutMs: "ms without a token until a call counts as stalled",
  drainMs: "ms that steps may go on after the first signal to stop",
  abandonedAfterMs: "ms without a watcher until a run that asked for it is cancelled",
  retentionDays: "days after its end that a run is deleted; 0 keeps all",
  maxRuns: "finished runs that are kept; 0 keeps all",
  allowedHosts: "host names of a reverse proxy in front, with commas",
  logLevel: "silent, error, warn, info or debug",
  webhookUrl: "address that is told when a stage or a run has ended",
  webhookSecret: "what signs that, whsec_… (better: the environment's STAGEWIRE_WEBHOOK_SECRET)",
} as const satisfies Record<Exclude<keyof ConfigInput, "pipelines" | "prices" | "webhooks">, string>;

/** `maxTaskBytes` as `max-task-bytes`. */
export function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Every other option. */
export const OPTIONS = {
  url: { type: "string", value: "URL", help: "the server; also STAGEWIRE_URL (default http://127.0.0.1:4400)" },
  token: { type: "string", value: "TOKEN", help: "for a server that asks for one; also STAGEWIRE_TOKEN" },
  json: { type: "boolean", help: "NDJSON on stdout: hello, what was asked for, exit" },
  quiet: { type: "boolean", short: "q", help: "only the result and errors" },
  "no-color": { type: "boolean", help: "no colours; also NO_COLOR" },
  timeout: { type: "string", value: "TIME", help: "leave after 90, 90s, 5m or 1h (exit 8); the run goes on" },
  help: { type: "boolean", short: "h", help: "this page" },
  version: { type: "boolean", short: "V", help: "the version" },
  file: { type: "string", short: "f", value: "FILE", file: true, help: "read the task from FILE (- for stdin)" },
  refinements: { type: "string", value: "N", help: "at most N refinement iterations" },
  gate: {
    type: "string",
    multiple: true,
    value: "STAGE",
    help: "pause before STAGE until `stagewire resume`; may be repeated",
  },
  "max-tokens": { type: "string", value: "N", help: "end the run once it used more than N tokens" },
  "max-cost-usd": {
    type: "string",
    value: "N",
    help: "end the run once it cost more than N dollars (needs `prices` in the server's config)",
  },
  "on-abandoned": {
    type: "string",
    value: "WHAT",
    choices: ["continue", "cancel"],
    help: "continue (default) or cancel when nobody watches the run any more",
  },
  priority: {
    type: "string",
    value: "WHAT",
    choices: ["normal", "low"],
    help: "normal (default), or low: others go first while runs wait for a place",
  },
  model: {
    type: "string",
    multiple: true,
    value: "NAME",
    help: "model for every stage, or STAGE=NAME for one; may be repeated",
  },
  task: { type: "string", value: "TEXT", help: "another task than the parent's" },
  iteration: { type: "string", value: "N", help: "with --from in the loop: its N-th iteration" },
  pipeline: { type: "string", value: "ID", help: "pipeline to run (default build)" },
  detach: { type: "boolean", short: "d", help: "start the run, print its id and leave (exit 8)" },
  output: { type: "string", short: "o", value: "FILE", file: true, help: "write the result to FILE" },
  stage: { type: "string", value: "ID", help: "the result is this stage's accepted output" },
  "cancel-on-exit": { type: "boolean", help: "cancel the run when this command is ended" },
  from: { type: "string", value: "CURSOR", help: "go on after this position" },
  "after-stage": { type: "boolean", help: "let the running stage finish first" },
  reason: { type: "string", value: "TEXT", help: "why, for everybody who watches" },
  remaining: { type: "boolean", help: "skip all iterations that remain" },
  "after-iteration": { type: "boolean", help: "let the running iteration finish first" },
  status: {
    type: "string",
    value: "STATUS",
    choices: ["queued", "running", "paused", "completed", "cancelled", "failed"],
    help: "queued, running, paused, completed, cancelled or failed",
  },
  limit: { type: "string", value: "N", help: "at most N runs, 1–200 (default 20)" },
  usage: { type: "boolean", help: "instead of runs, what the server's run log takes and what retention will delete" },
  speed: { type: "string", value: "N", help: "times as fast as it was: 1, 10 (default), 60 or any other" },
  "no-browser": { type: "boolean", help: "only print the address" },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof OPTIONS;
