import { type ReactNode, useId } from "react";

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly error: string | undefined;
  /** Gets what ties the control to its label, hint and error. */
  readonly children: (control: {
    readonly id: string;
    readonly "aria-describedby": string;
    readonly "aria-invalid": boolean;
  }) => ReactNode;
}

/** One control with its label, a hint, and what is wrong with what was typed. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": `${id}-hint ${id}-error`, "aria-invalid": error !== undefined })}
      <span id={`${id}-hint`} className="muted field-hint">
        {hint}
      </span>
      <span id={`${id}-error`} className="form-error field-error">
        {error}
      </span>
    </div>
  );
}
