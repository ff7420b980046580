import { type RunEventType, type RunView, stepKey } from "@stagewire/shared";
import { useEffect, useState } from "react";
import { flattenPlan, planRun } from "../run/plan";
import type { EventFilter } from "./filter-events";

/** How long after the last letter the address follows, in ms. */
const TYPING_MS = 300;

/** Written out, because the schemas that know them too would make the page much larger. */
const TYPES: Readonly<Record<RunEventType, true>> = {
  run_start: true,
  stage_start: true,
  token: true,
  progress: true,
  stage_complete: true,
  control: true,
  error: true,
  run_complete: true,
};

interface FiltersProps {
  readonly view: RunView;
  readonly filter: EventFilter;
  readonly onChange: (name: keyof EventFilter, value: string | undefined) => void;
}

/** What to list: a type, a step, a text. */
export function EventFilters({ view, filter, onChange }: FiltersProps) {
  const begun = flattenPlan(planRun(view)).filter(({ step }) => step);
  return (
    <form
      className="events-filters"
      role="search"
      aria-label="Filter the events"
      onSubmit={(event) => event.preventDefault()}
    >
      <label>
        <span className="visually-hidden">Type</span>
        <select value={filter.type ?? ""} onChange={(event) => onChange("type", event.target.value)}>
          <option value="">All types</option>
          {Object.keys(TYPES).map((type) => (
            <option key={type}>{type}</option>
          ))}
        </select>
      </label>
      <label>
        <span className="visually-hidden">Step</span>
        <select value={filter.step ?? ""} onChange={(event) => onChange("step", event.target.value)}>
          <option value="">All steps</option>
          {begun.map(({ title, stage, iteration }) => (
            <option key={stepKey(stage, iteration)} value={stepKey(stage, iteration)}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <TextFilter text={filter.text ?? ""} onChange={(text) => onChange("text", text)} />
    </form>
  );
}

/** Follows the address, and the address follows it once nothing was typed for a moment. */
function TextFilter({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  const [known, setKnown] = useState(text);
  if (text !== known) {
    setKnown(text);
    setTyped(text);
  }
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => onChange(typed), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <label className="events-text">
      <span className="visually-hidden">Text</span>
      <input
        type="search"
        placeholder="Text in the events"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </label>
  );
}
