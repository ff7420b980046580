import type { ServerInfo } from "@stagewire/shared";
import { type KeyboardEvent, useEffect, useId, useRef } from "react";
import { keyHint } from "../keys/key-hint";
import { EXAMPLES } from "./examples";
import { Field } from "./field";
import { refinementChoice } from "./form-state";
import { MoreOptions } from "./more-options";
import { usePipelines } from "./use-pipelines";
import { useTaskForm } from "./use-task-form";
import "./form.css";

interface TaskFormProps {
  readonly info: ServerInfo | undefined;
  /** True on a page that is there for nothing else: the field has the focus when one comes to it. */
  readonly alone?: boolean;
}

/** Takes a task and starts a run of it, then goes there. */
export function TaskForm({ info, alone = false }: TaskFormProps) {
  const { form, errors, starting, change, start } = useTaskForm(info);
  const { pipelines, error: pipelinesError } = usePipelines();
  const element = useRef<HTMLFormElement>(null);
  const id = useId();
  // A run that names no pipeline gets the first.
  const pipeline = pipelines?.find((candidate) => candidate.id === form.pipeline) ?? pipelines?.[0];
  const refinements = refinementChoice(pipeline, info?.limits);

  useEffect(() => {
    if (Object.keys(errors).length > 0) element.current?.querySelector<HTMLElement>("[aria-invalid='true']")?.focus();
  }, [errors]);

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void start(pipeline);
    }
  }

  return (
    // The key is for every field in it.
    <form
      ref={element}
      className="task-form"
      noValidate
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        void start(pipeline);
      }}
    >
      <label htmlFor={`${id}-task`}>What should be built?</label>
      <textarea
        id={`${id}-task`}
        data-autofocus={alone || undefined}
        value={form.task}
        rows={5}
        placeholder="Describe the task in your own words"
        aria-describedby={`${id}-error`}
        aria-invalid={errors.task !== undefined}
        onChange={(event) => change({ task: event.target.value })}
      />
      <p id={`${id}-error`} className="form-error">
        {errors.task}
      </p>
      <div className="examples" role="group" aria-label="Example tasks">
        <span className="muted">Try</span>
        {EXAMPLES.map((example) => (
          <button key={example.title} type="button" className="small" onClick={() => change({ task: example.task })}>
            {example.title}
          </button>
        ))}
      </div>
      <div className="task-choices">
        {pipelines && pipelines.length > 1 && (
          <Field label="Pipeline" error={errors.pipeline}>
            {(control) => (
              <select
                {...control}
                value={pipeline?.id}
                onChange={(event) => change({ pipeline: event.target.value, gates: [], models: {}, refinements: "" })}
              >
                {pipelines.map(({ id: value, title }) => (
                  <option key={value} value={value}>
                    {title}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
        {refinements && (
          <Field label="Refinements, at most" error={errors.maxRefinements}>
            {(control) => (
              <select
                {...control}
                value={form.refinements === "" ? refinements.usual : form.refinements}
                onChange={({ target: { value } }) =>
                  change({ refinements: Number(value) === refinements.usual ? "" : value })
                }
              >
                {Array.from({ length: refinements.most + 1 }, (_, value) => (
                  <option key={value}>{value}</option>
                ))}
              </select>
            )}
          </Field>
        )}
        <div className="task-start">
          <span className="muted key-hint">{keyHint("mod+Enter")}</span>
          <button type="submit" className="primary" disabled={starting}>
            {starting ? "Starting…" : "Start"}
          </button>
        </div>
      </div>
      <MoreOptions form={form} errors={errors} pipeline={pipeline} info={info} onChange={change} />
      {pipelinesError !== undefined && (
        <p className="form-error">The server did not say which pipelines it has: {pipelinesError}</p>
      )}
      <p className="form-error" role="alert">
        {errors.form}
      </p>
    </form>
  );
}
