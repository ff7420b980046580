import type { RunView } from "@stagewire/shared";
import type { ReactNode } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { plural } from "../lib/format";
import { useNow } from "../lib/use-now";
import { elapsedMs } from "../run/elapsed";
import type { PlannedStep } from "../run/plan";
import { StateChip } from "../ui/state-chip";
import {
  attemptFacts,
  type Fact,
  findingsFor,
  guidanceFor,
  noticesOf,
  settingsOf,
  timesOf,
  usageFacts,
} from "./step-facts";
import { StepPrompt } from "./step-prompt";

/** Everything that is known about a step besides its text. */
export function StepDetails({ view, planned }: { view: RunView; planned: PlannedStep }) {
  const { step, state, inherited, stage } = planned;
  const now = view.createdAt + elapsedMs(view, useNow(step && step.completedAt === undefined ? 500 : undefined));
  return (
    <div className="inspector-body">
      <p>
        <StateChip state={state} />
      </p>
      {!step && <p className="note">It has not begun, so there are no figures yet.</p>}
      {step && (
        <>
          <Facts title="Model and times">
            {[{ name: "Model", value: step.model }, ...(inherited ? [] : timesOf(view, step, now))]}
          </Facts>
          {inherited && (
            <p className="muted">Taken over from the earlier run, which has its times, its cost and its prompt.</p>
          )}
          {!inherited && <Facts title="Usage">{usageFacts(step)}</Facts>}
          <Attempts view={view} planned={planned} />
          <Notices view={view} planned={planned} />
          <GuidanceList view={view} planned={planned} />
          {!inherited && (
            <Section title="Prompt">
              <StepPrompt key={`${planned.key}/${step.attempt}`} runId={view.runId} step={step} />
            </Section>
          )}
          <Findings view={view} planned={planned} />
        </>
      )}
      <Facts title="Settings of the run">{settingsOf(view, stage)}</Facts>
    </div>
  );
}

function Facts({ title, children }: { title: string; children: readonly Fact[] }) {
  if (children.length === 0) return null;
  return (
    <Section title={title}>
      <dl>
        {children.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="inspector-section">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

interface PartProps {
  readonly view: RunView;
  readonly planned: PlannedStep;
}

/** Each attempt has an address of its own. */
function Attempts({ view, planned: { step, stage, iteration } }: PartProps) {
  const [params] = useSearchParams();
  const [path] = useLocation();
  if (!step || (step.attempt === 1 && step.failures === 0)) return null;
  const chosen = Number(params.get("attempt"));
  return (
    <Section title={plural(step.attempt, "attempt")}>
      <ol className="inspector-list">
        {attemptFacts(view, step).map(({ attempt, model, text }) => {
          const to = new URLSearchParams(params);
          to.set("stage", stage);
          to.set("iteration", String(iteration));
          to.set("attempt", String(attempt));
          return (
            <li key={attempt} data-chosen={attempt === chosen}>
              <Link href={`${path}?${to}`} replace aria-current={attempt === chosen ? "true" : undefined}>
                Attempt {attempt}
              </Link>
              {model !== undefined && `, ${model}`}: {text}
            </li>
          );
        })}
      </ol>
      {step.attempt > 1 && (
        <p className="muted">What an earlier attempt wrote is void, and the log does not keep it.</p>
      )}
    </Section>
  );
}

function Notices({ view, planned: { step } }: PartProps) {
  const notices = step ? noticesOf(view, step) : [];
  if (notices.length === 0) return null;
  return (
    <Section title="Notices">
      <ul className="inspector-list">
        {notices.map(({ seq, code, message }) => (
          <li key={seq}>
            {code}: {message}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function GuidanceList({ view, planned: { step } }: PartProps) {
  const guidance = step ? guidanceFor(view, step) : [];
  if (guidance.length === 0) return null;
  return (
    <Section title="Guidance in its prompt">
      <ul className="inspector-list">
        {guidance.map(({ seq, by, text }) => (
          <li key={seq}>
            <span className="muted">{by}:</span> {text}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Findings({ view, planned: { step } }: PartProps) {
  const found = step && findingsFor(view, step);
  if (!found || found.verdict.findings.length === 0) return null;
  return (
    <Section title={found.of === "this" ? "Findings" : "Findings that it was to answer"}>
      <ul className="inspector-list">
        {found.verdict.findings.map(({ severity, title, where }, index) => (
          <li key={index}>
            {severity}: {title}
            {where !== undefined && <span className="muted"> ({where})</span>}
          </li>
        ))}
      </ul>
    </Section>
  );
}
