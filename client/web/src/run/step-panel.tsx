import type { RunView, StepView } from "@stagewire/shared";
import type { ReactNode } from "react";
import { Markdown } from "../markdown/markdown";
import { byWhom } from "../lib/explain";
import { formatDuration, formatWhen, plural, pluralTokens } from "../lib/format";
import { useSearchParams } from "wouter";
import { useNow } from "../lib/use-now";
import { useSessionState } from "../lib/use-session-state";
import { StateChip } from "../ui/state-chip";
import { StepActions } from "./step-actions";
import { StepErrors } from "./step-errors";
import { StepGuidance } from "./step-guidance";
import { useLiveStep } from "./use-live-step";
import type { PlannedStep } from "./plan";
import { nextAttempt, queuedText } from "./pulse-line";
import { VerdictPanel } from "./verdict";
import { withoutVerdict } from "@stagewire/client/documents";

interface StepPanelProps {
  readonly view: RunView;
  readonly planned: PlannedStep;
  /** True when this is the run as it once was. */
  readonly replayed: boolean;
}

/** Everything about one step: what the model wrote, thought and concluded, and what went wrong. */
export function StepPanel({ view, planned, replayed }: StepPanelProps) {
  const { step, title, state } = planned;
  return (
    <section className="step" aria-labelledby="step-title">
      <header className="step-header">
        <h2 id="step-title">{title}</h2>
        <StateChip state={state} />
        <StepActions key={planned.key} view={view} planned={planned} replayed={replayed} />
        <p className="step-facts">{facts(planned)}</p>
      </header>
      <OtherAttempt planned={planned} />
      <StepGuidance view={view} at={planned.key} />
      <StepErrors view={view} planned={planned} />
      <Reasoning key={`reasoning/${planned.key}`} view={view} planned={planned} replayed={replayed} />
      <StepText view={view} planned={planned} replayed={replayed} />
      {step?.verdict && <VerdictPanel verdict={step.verdict} />}
    </section>
  );
}

/** Says so where the address names an attempt whose text can't be shown. */
function OtherAttempt({ planned: { step } }: { planned: PlannedStep }) {
  const [params] = useSearchParams();
  const named = Number(params.get("attempt"));
  if (!step || !params.has("attempt") || named === step.attempt) return null;
  const earlier = Number.isInteger(named) && named >= 1 && named < step.attempt;
  return (
    <p className="note">
      {earlier
        ? `What attempt ${named} wrote is void, and the log does not keep it: the details tell what became of it.`
        : "The address names an attempt that this step does not have."}{" "}
      Below is attempt {step.attempt}.
    </p>
  );
}

function Reasoning({ view, planned: { key, step }, replayed }: StepPanelProps) {
  const reasoning = useLiveStep({ view, step, replayed })?.reasoning;
  if (!reasoning) return null;
  return (
    <Fold memory={`reasoning:${view.runId}/${key}`} summary="Reasoning" aside={plural(reasoning.length, "character")}>
      <div className="plain">{reasoning}</div>
    </Fold>
  );
}

function StepText({ view, planned, replayed }: StepPanelProps) {
  const { key, state, skippedBy } = planned;
  const step = useLiveStep({ view, step: planned.step, replayed });
  if (state === "skipped") {
    const by = skippedBy ? ` by ${byWhom(skippedBy.by)} at ${formatWhen(skippedBy.at)}` : "";
    return (
      <>
        <p className="note">Skipped{by}. The last accepted implementation stands.</p>
        {step?.output && (
          <Fold key={`void/${key}`} memory={`void:${view.runId}/${key}`} summary="What had been written, now void">
            <Markdown text={step.output} live={false} />
          </Fold>
        )}
      </>
    );
  }
  if (!step && view.status === "queued")
    return <p className="note">Not started yet; {queuedText(view.progress?.queuePosition)}.</p>;
  if (!step) return <p className="note">{ABSENT[state] ?? "Not started yet."}</p>;
  const live = step.status === "running";
  if (step.output === "") {
    if (state === "retrying") return <NextAttempt view={view} step={step} />;
    if (!live) return <p className="note">Nothing was written.</p>;
    return <p className="note">{step.reasoning ? "Thinking…" : "Waiting for the first token…"}</p>;
  }
  return (
    <>
      {state === "cancelled" && <p className="note">Cancelled here: this is what had been written.</p>}
      {state === "failed" && <p className="note">Failed here: this is what had been written.</p>}
      <Markdown key={key} text={step.verdict ? withoutVerdict(step.output) : step.output} live={live} />
    </>
  );
}

/** Counts down to the next attempt. */
function NextAttempt({ view, step }: { view: RunView; step: StepView }) {
  return <p className="note run-going">Next: {nextAttempt(view, step, useNow(500))}</p>;
}

interface FoldProps {
  /** Where a reload finds whether it was open. */
  readonly memory: string;
  readonly summary: string;
  readonly aside?: string;
  readonly children: ReactNode;
}

/** Something that is shown when it is asked for. */
function Fold({ memory, summary, aside, children }: FoldProps) {
  const [open, setOpen] = useSessionState(memory, false);
  return (
    <details className="reasoning" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {summary} {aside && <span className="muted">({aside})</span>}
      </summary>
      {children}
    </details>
  );
}

const ABSENT: Partial<Record<PlannedStep["state"], string>> = {
  unneeded: "Not needed: the review approved, or the run moved on.",
  unreached: "The run ended before this step.",
  paused: "Not started yet: the run is paused before it.",
};

function facts({ step, inherited }: PlannedStep): string {
  if (!step) return "";
  if (inherited) return `${step.model} · taken over from the run that this one was forked from`;
  const parts = [step.model];
  if (step.attempt > 1)
    parts.push(`attempt ${step.attempt}${step.cause === "recovered" ? ", after a restart of the server" : ""}`);
  if (step.durationMs !== undefined) parts.push(formatDuration(step.durationMs));
  // That nothing was used is no news where no model was called, or the call was refused.
  if (step.usage?.completionTokens) parts.push(pluralTokens(step.usage.completionTokens, step.usage.estimated));
  return parts.join(" · ");
}
