import type { PipelineInfo, ServerInfo } from "@stagewire/shared";
import { useId, useState } from "react";
import { Field } from "./field";
import { type FormErrors, type FormState, formSummary } from "./form-state";

interface MoreOptionsProps {
  readonly form: FormState;
  readonly errors: FormErrors;
  readonly pipeline: PipelineInfo | undefined;
  readonly info: ServerInfo | undefined;
  readonly onChange: (part: Partial<FormState>) => void;
}

/** Models, gates, budget, what becomes of the run when nobody watches, and its place in line. Folded, it says what differs from the usual. */
export function MoreOptions({ form, errors, pipeline, info, onChange }: MoreOptionsProps) {
  const summary = formSummary(form, pipeline);
  const wrong = errors.models ?? errors.gates ?? errors.maxTokens ?? errors.maxCostUsd;
  const [open, setOpen] = useState(false);
  return (
    <details
      className="more-options"
      // What is wrong has to be seen.
      open={open || wrong !== undefined}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        More options
        {summary.length > 0 && <span className="muted"> · {summary.join(" · ")}</span>}
      </summary>
      <div className="more-fields">
        <Models form={form} error={errors.models} pipeline={pipeline} info={info} onChange={onChange} />
        <Gates form={form} error={errors.gates} pipeline={pipeline} onChange={onChange} />
        <fieldset>
          <legend>Budget</legend>
          <Field label="Tokens, at most" hint="prompts and answers together" error={errors.maxTokens}>
            {(control) => (
              <input
                {...control}
                inputMode="numeric"
                autoComplete="off"
                placeholder="no limit"
                value={form.maxTokens}
                onChange={(event) => onChange({ maxTokens: event.target.value })}
              />
            )}
          </Field>
          <Field label="US dollars, at most" hint="by the prices in the server's config" error={errors.maxCostUsd}>
            {(control) => (
              <input
                {...control}
                inputMode="decimal"
                autoComplete="off"
                placeholder="no limit"
                value={form.maxCostUsd}
                onChange={(event) => onChange({ maxCostUsd: event.target.value })}
              />
            )}
          </Field>
          <p className="muted field-hint">A run that uses more ends as failed, and can be forked with a higher one.</p>
        </fieldset>
        <fieldset>
          <legend>Left alone</legend>
          <label className="check">
            <input
              type="checkbox"
              checked={form.cancelAbandoned}
              onChange={(event) => onChange({ cancelAbandoned: event.target.checked })}
            />
            Cancel the run when nobody watches it any more
          </label>
        </fieldset>
        <fieldset>
          <legend>When all places are taken</legend>
          <label className="check">
            <input
              type="checkbox"
              checked={form.lowPriority}
              onChange={(event) => onChange({ lowPriority: event.target.checked })}
            />
            Let other runs go first
          </label>
        </fieldset>
      </div>
    </details>
  );
}

type PartProps = Pick<MoreOptionsProps, "form" | "pipeline" | "onChange"> & { readonly error: string | undefined };

function Models({ form, error, pipeline, info, onChange }: PartProps & Pick<MoreOptionsProps, "info">) {
  const [byStage, setByStage] = useState(Object.values(form.models).some((name) => name !== ""));
  const usual = info?.model.name ?? "";
  return (
    <fieldset>
      <legend>Model</legend>
      <Field
        label={byStage ? "All other stages" : "All stages"}
        {...(info?.model.kind === "demo" && { hint: "the demo model has canned answers under every name" })}
        error={error}
      >
        {(control) => (
          <input
            {...control}
            autoComplete="off"
            spellCheck={false}
            placeholder={usual}
            value={form.model}
            onChange={(event) => onChange({ model: event.target.value })}
          />
        )}
      </Field>
      <label className="check">
        <input
          type="checkbox"
          checked={byStage}
          onChange={(event) => {
            setByStage(event.target.checked);
            if (!event.target.checked) onChange({ models: {} });
          }}
        />
        Another model for some stages
      </label>
      {byStage &&
        pipeline?.stages.map(({ id, title }) => (
          <Field key={id} label={title} error={undefined}>
            {(control) => (
              <input
                {...control}
                autoComplete="off"
                spellCheck={false}
                placeholder={form.model.trim() || usual}
                value={form.models[id] ?? ""}
                onChange={(event) => onChange({ models: { ...form.models, [id]: event.target.value } })}
              />
            )}
          </Field>
        ))}
    </fieldset>
  );
}

function Gates({ form, error, pipeline, onChange }: PartProps) {
  const id = useId();
  function toggle(stage: string, checked: boolean): void {
    const others = form.gates.filter((gate) => gate !== stage);
    onChange({ gates: checked ? [...others, stage] : others });
  }
  return (
    <fieldset aria-describedby={id}>
      <legend>Pause before</legend>
      {pipeline?.stages.map((stage) => (
        <label key={stage.id} className="check">
          <input
            type="checkbox"
            checked={form.gates.includes(stage.id)}
            onChange={(event) => toggle(stage.id, event.target.checked)}
          />
          {stage.title}
          {stage.loop && ", each time"}
        </label>
      ))}
      <p id={id} className="form-error">
        {error}
      </p>
    </fieldset>
  );
}
