import { isClosed, type RunView, type StepView } from "@stagewire/shared";
import { PROGRAM } from "../program.js";
import { pageOf, resumeCommand, urlOption } from "../target.js";
import { count, duration, stepName, tokens } from "./format.js";
import type { Paint } from "./paint.js";
import { fit, oneLine, plain } from "./plain.js";
import { commandText } from "./sentences.js";

export interface ReportOptions {
  readonly url: string;
  /** Columns; lines that are longer are cut. */
  readonly width: number;
  readonly paint: Paint;
  /** Unix ms. */
  readonly now: number;
}

const SIGNS = {
  running: "▸",
  retrying: "↻",
  completed: "✓",
  skipped: "○",
  cancelled: "○",
  failed: "✗",
} as const satisfies Record<StepView["status"], string>;

const LABEL = 10;

/** A run on one screen, as lines: its facts, its steps, the last review, who steered it, what went wrong, what to do next. */
export function runReport(view: RunView, { url, width, paint, now }: ReportOptions): string[] {
  const cut = (text: string) => fit(plain(text), width);
  const fact = (name: string, text: string) => cut(`${name.padEnd(LABEL)}${text.replace(/\s+/g, " ").trim()}`);
  const lines = [
    paint("bold", cut(`Run ${view.runId}  ${statusText(view)}`)),
    fact("Task", view.task),
    fact("Page", pageOf(url, view.runId)),
    fact("Pipeline", `${view.pipeline.id}, started ${new Date(view.createdAt).toLocaleString("sv-SE")}`),
    ...(view.parent ? [fact("From", parentText(view.parent))] : []),
    ...optionLines(view).map((text) => fact("Options", text)),
    fact("Usage", usageText(view, now)),
  ];
  const steps = view.steps.map((step) => ({ step, name: stepName(view.pipeline, step.stage, step.iteration) }));
  const nameWidth = Math.max(0, ...steps.map(({ name }) => name.length));
  if (steps.length > 0) lines.push("");
  for (const { step, name } of steps) {
    const line = cut(`${SIGNS[step.status]} ${name.padEnd(nameWidth)}  ${stepFacts(step, now)}`);
    lines.push(step.status === "failed" ? paint("red", line) : line);
  }
  const { verdict } = view.steps.findLast((step) => step.verdict) ?? {};
  if (verdict) {
    const told = verdict.summary === undefined ? "" : `: ${oneLine(verdict.summary, 400)}`;
    lines.push("", cut(`The last review ${verdict.approved ? "approved" : "did not approve"}${told}`));
    for (const { severity, title, where } of verdict.findings) {
      lines.push(cut(`  ${severity.padEnd(8)}${oneLine(title, 400)}${where === undefined ? "" : ` (${where})`}`));
    }
  }
  if (view.controls.length > 0) lines.push("", "Steered");
  for (const { seq, command, by, outcome, reason } of view.controls) {
    lines.push(
      cut(`  #${seq} ${commandText(command)} by ${by}: ${outcome}${reason === undefined ? "" : ` (${reason})`}`),
    );
  }
  if (view.errors.length > 0) lines.push("", "Errors");
  for (const { seq, code, stage, message } of view.errors) {
    // What went wrong is never cut: its end says what to do.
    lines.push(plain(`  #${seq} ${stage === undefined ? "" : `${stage}: `}${message} (${code})`));
  }
  return [...lines, "", fact("Next", nextText(view, url))];
}

function statusText(view: RunView): string {
  if (isClosed(view)) return `${view.status} in ${duration(view.durationMs ?? 0)}`;
  const { progress } = view;
  const eta = progress?.etaMs === undefined ? "" : `, about ${duration(progress.etaMs)} left`;
  const coming = view.cancelScheduled
    ? ", is cancelled after this stage"
    : view.paused && view.status === "running"
      ? ", pauses after this step"
      : "";
  return `${view.status}${progress?.message ? `: ${progress.message}` : ""}${eta}${coming}`;
}

function parentText({ runId, fromStage, iteration }: NonNullable<RunView["parent"]>): string {
  return `run ${runId}, which it took over before ${fromStage}${iteration ? ` ${iteration}` : ""}`;
}

function optionLines({ options }: RunView): string[] {
  const parts = Object.entries(options).map(
    ([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`,
  );
  return parts.length === 0 ? [] : [parts.join(", ")];
}

function usageText({ usage, costUsd, durationMs, createdAt }: RunView, now: number): string {
  const about = usage.estimated ? "about " : "";
  const cost = costUsd === undefined ? "" : `, $${costUsd.toFixed(costUsd < 1 ? 4 : 2)}`;
  const took = duration(durationMs ?? Math.max(0, now - createdAt));
  return `${took}, ${about}${count(usage.promptTokens)} tokens in, ${about}${count(usage.completionTokens)} out${cost}`;
}

function stepFacts(step: StepView, now: number): string {
  const took = duration(step.durationMs ?? Math.max(0, now - step.startedAt));
  const parts = [step.status === "completed" ? took : `${step.status} ${took}`];
  if (step.usage?.completionTokens) parts.push(tokens(step.usage));
  if (step.attempt > 1) parts.push(`attempt ${step.attempt}`);
  if (step.verdict) parts.push(step.verdict.approved ? "approved" : "not approved");
  return [...parts, step.model].join(", ");
}

function nextText(view: RunView, url: string): string {
  const { runId } = view;
  if (view.status === "completed") return `${PROGRAM} export ${runId}${urlOption(url)}`;
  if (isClosed(view)) return `${PROGRAM} retry ${runId}${urlOption(url)}`;
  return view.status === "paused" ? resumeCommand(runId, url) : `${PROGRAM} watch ${runId}${urlOption(url)}`;
}
