import type { PipelineInfo, ServerInfo } from "@stagewire/shared";
import { useClient } from "@stagewire/client/react";
import { useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { errorText } from "../lib/explain";
import { type Draft, newDraft, readDraft, writeDraft } from "./draft";
import { EMPTY_FORM, type FormErrors, type FormState, placeError, readForm } from "./form-state";

interface TaskFormState {
  readonly form: FormState;
  readonly errors: FormErrors;
  readonly starting: boolean;
  change(part: Partial<FormState>): void;
  /** Starts the run and goes to it, or says what is wrong. */
  start(pipeline: PipelineInfo | undefined): Promise<void>;
}

/** What is typed, kept over a reload, and how it becomes a run. */
export function useTaskForm(info: ServerInfo | undefined): TaskFormState {
  const client = useClient();
  const [, navigate] = useLocation();
  const [params] = useSearchParams();
  const [draft, setDraft] = useState(() => firstDraft(params.get("task")));
  const [errors, setErrors] = useState<FormErrors>({});
  const [starting, setStarting] = useState(false);

  function change(part: Partial<FormState>): void {
    // Another run than what may have been sent before.
    const next = newDraft({ ...draft.form, ...part });
    setDraft(next);
    writeDraft(next);
    setErrors({});
  }

  async function start(pipeline: PipelineInfo | undefined): Promise<void> {
    if (starting) return;
    const read = readForm(draft.form, pipeline, info?.limits);
    if ("errors" in read) return setErrors(read.errors);
    setStarting(true);
    setErrors({});
    writeDraft(draft);
    try {
      const run = await client.runs.start({ ...read.input, idempotencyKey: draft.idempotencyKey });
      // The form may be kept while the run's page is loaded, and come back with a step back.
      const empty = newDraft(EMPTY_FORM);
      writeDraft(empty);
      setDraft(empty);
      setStarting(false);
      navigate(`/runs/${run.runId}`);
    } catch (thrown) {
      setErrors(placeError(errorText(thrown)));
      setStarting(false);
    }
  }

  return { form: draft.form, errors, starting, change, start };
}

/** What the address asks for comes before what was typed earlier. */
function firstDraft(task: string | null): Draft {
  return task === null ? readDraft() : newDraft({ ...EMPTY_FORM, task });
}
