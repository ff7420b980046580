import type { RunView } from "@stagewire/shared";
import { useEffect, useRef } from "react";
import { byWhom } from "../lib/explain";
import { firstSeen } from "../lib/first-seen";
import { formatCount, formatDuration, formatWhen } from "../lib/format";
import { useNow } from "../lib/use-now";
import { Icon } from "../ui/icon";
import { STATE_WORDS } from "../ui/states";
import type { PlannedStage, PlannedStep } from "./plan";

type Progress = RunView["progress"];

interface RailProps {
  readonly plan: readonly PlannedStage[];
  /** The last sign of life; missing while the connection is lost, so that nothing seems to go on. */
  readonly progress: Progress;
  readonly selected: string | undefined;
  readonly onSelect: (step: PlannedStep) => void;
}

/** The run's stages in order, begun or not; choosing one shows it. */
export function StageRail({ plan, progress, selected, onSelect }: RailProps) {
  const strip = useRef<HTMLElement>(null);
  useEffect(() => {
    // Beside the text it moves up and down, on a phone sideways; the page itself never jumps. With the next frame, which
    // lays the page out anyway.
    const frame = requestAnimationFrame(() => {
      const rail = strip.current;
      const chosen = rail?.querySelector<HTMLElement>("[aria-current]");
      if (!rail || !chosen) return;
      const left = chosen.offsetLeft - (rail.clientWidth - chosen.offsetWidth) / 2;
      const top = chosen.offsetTop - (rail.clientHeight - chosen.offsetHeight) / 2;
      rail.scrollTo({ left, top, behavior: "instant" });
    });
    return () => cancelAnimationFrame(frame);
  }, [selected]);
  const item = (step: PlannedStep) => (
    <RailItem
      key={step.key}
      planned={step}
      progress={isAt(progress, step) ? progress : undefined}
      selected={step.key === selected}
      onSelect={onSelect}
    />
  );
  return (
    <nav className="rail" aria-label="Stages" ref={strip}>
      <ol>
        {plan.map(({ id, title, step, iterations }) =>
          step ? (
            item(step)
          ) : (
            <li key={id} className="rail-loop">
              <span className="rail-loop-title">
                {title} loop{iterations?.length ? `, up to ${iterations.length}` : ": off"}
              </span>
              <ol>
                {iterations?.map(({ iteration, steps }) => (
                  <li key={iteration} className="rail-iteration">
                    <ol aria-label={`Iteration ${iteration}`}>{steps.map(item)}</ol>
                  </li>
                ))}
              </ol>
            </li>
          ),
        )}
      </ol>
    </nav>
  );
}

function isAt(progress: Progress, { stage, iteration }: PlannedStep): boolean {
  return progress?.stage === stage && (progress.iteration ?? 0) === iteration;
}

interface RailItemProps {
  readonly planned: PlannedStep;
  readonly progress: Progress;
  readonly selected: boolean;
  readonly onSelect: RailProps["onSelect"];
}

function RailItem({ planned, progress, selected, onSelect }: RailItemProps) {
  return (
    <li>
      <button
        type="button"
        className="rail-step"
        data-state={planned.state}
        aria-current={selected ? "step" : undefined}
        onClick={() => onSelect(planned)}
      >
        <Icon name={planned.state} />
        <span className="rail-title">{planned.title}</span>
        <span className="rail-note">
          {planned.state === "running" && progress ? (
            <RunningNote planned={planned} progress={progress} />
          ) : (
            railNote(planned)
          )}
        </span>
      </button>
    </li>
  );
}

/** How long a step has run, and how fast it writes. */
function RunningNote({ planned, progress }: { planned: PlannedStep; progress: NonNullable<Progress> }) {
  const now = useNow(500);
  const elapsed = (progress.stageElapsedMs ?? 0) + Math.max(0, now - firstSeen(progress));
  const rate = progress.tokensPerSecond;
  return [
    STATE_WORDS.running,
    formatDuration(elapsed),
    ...(rate === undefined ? [] : [`${formatCount(rate)} tok/s`]),
    ...attemptNote(planned),
  ].join(" · ");
}

function railNote(planned: PlannedStep): string {
  const { state, step, skippedBy, gate, inherited } = planned;
  if (skippedBy) return `Skipped by ${byWhom(skippedBy.by)}, ${formatWhen(skippedBy.at)}`;
  const word = STATE_WORDS[state];
  if (!step) return gate ? `${word} · gate` : word;
  if (inherited) return `${word} · taken over`;
  return [
    word,
    ...(step.durationMs === undefined ? [] : [formatDuration(step.durationMs)]),
    ...(step.verdict ? [step.verdict.approved ? "approved" : "not approved"] : rateOf(planned)),
    ...attemptNote(planned),
  ].join(" · ");
}

/** Tokens per second over the whole call, the wait for the first one left out. An estimate makes no rate. */
function rateOf({ step }: PlannedStep): string[] {
  if (step?.usage?.estimated) return [];
  const writing = (step?.durationMs ?? 0) - (step?.firstTokenMs ?? 0);
  const tokens = step?.usage?.completionTokens ?? 0;
  // What came within a moment says nothing about speed, and several attempts share one usage.
  return tokens > 0 && writing >= 500 && step?.attempt === 1
    ? [`${formatCount((tokens * 1_000) / writing)} tok/s`]
    : [];
}

function attemptNote({ step, guided }: PlannedStep): string[] {
  return [...(step && step.attempt > 1 ? [`attempt ${step.attempt}`] : []), ...(guided ? ["guided"] : [])];
}
