import type { RunOptions, RunView } from "@stagewire/shared";
import { useClient } from "@stagewire/client/react";
import { type RefObject, useState } from "react";
import { useLocation } from "wouter";
import { errorText } from "../lib/explain";
import type { PlannedStep } from "./plan";

interface ForkFormProps {
  readonly id: string;
  readonly view: RunView;
  /** The step that the new run begins with. */
  readonly planned: PlannedStep;
  readonly open: boolean;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly onClose: () => void;
}

const BUDGETS = [
  { option: "maxTokens", label: "Tokens, at most", step: 1 },
  { option: "maxCostUsd", label: "US dollars, at most", step: "any" },
] as const;

/** Begins a run from a step of one that has ended: with another task, and with other budgets where it had some. */
export function ForkForm({ id, view, planned, open, field, onClose }: ForkFormProps) {
  const client = useClient();
  const [, navigate] = useLocation();
  const [busy, setBusy] = useState(false);
  const [task, setTask] = useState(view.task);
  const [budgets, setBudgets] = useState<Pick<RunOptions, "maxTokens" | "maxCostUsd">>({});
  const [error, setError] = useState<string>();

  async function fork(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      const { runId } = await client.runs.open(view.runId).fork({
        fromStage: planned.stage,
        iteration: planned.iteration,
        task,
        options: budgets,
      });
      navigate(`/runs/${runId}`);
    } catch (thrown) {
      setError(errorText(thrown));
      setBusy(false);
    }
  }

  return (
    <form
      id={id}
      className="fork-panel"
      hidden={!open}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        void fork();
      }}
    >
      <label htmlFor={`${id}-task`}>Task of the new run</label>
      <textarea id={`${id}-task`} ref={field} rows={4} value={task} onChange={(event) => setTask(event.target.value)} />
      {BUDGETS.map(({ option, label, step }) => {
        const before = view.options[option];
        if (before === undefined) return null;
        return (
          <div key={option} className="fork-budget">
            <label htmlFor={`${id}-${option}`}>{label}</label>
            <input
              id={`${id}-${option}`}
              type="number"
              required
              min={0}
              step={step}
              defaultValue={before}
              onChange={({ target }) => setBudgets({ ...budgets, [option]: target.valueAsNumber })}
            />
          </div>
        );
      })}
      <div className="form-row">
        <span className="muted">What came before {planned.title} is taken over; this run stays as it is.</span>
        <button type="submit" className="primary" disabled={busy || task.trim() === ""}>
          Begin the fork
        </button>
      </div>
      <p className="form-error" role="alert">
        {error}
      </p>
    </form>
  );
}
