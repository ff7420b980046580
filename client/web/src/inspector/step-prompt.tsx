import type { StepPrompt as Prompt, StepView } from "@stagewire/shared";
import { useClient } from "@stagewire/client/react";
import { useEffect, useState } from "react";
import { errorText } from "../lib/explain";
import { plural } from "../lib/format";
import { CopyButton } from "../ui/copy-button";

interface StepPromptProps {
  readonly runId: string;
  readonly step: StepView;
}

/** What the model was asked, loaded once somebody wants to read it. Render it with a key of its step and attempt. */
export function StepPrompt({ runId, step }: StepPromptProps) {
  const [open, setOpen] = useState(false);
  return (
    <details className="inspector-prompt" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>What the model was asked</summary>
      {open && <Messages runId={runId} step={step} />}
    </details>
  );
}

function Messages({ runId, step: { stage, iteration, attempt } }: StepPromptProps) {
  const client = useClient();
  const [asked, setAsked] = useState<Prompt | Error>();
  useEffect(() => {
    const aborted = new AbortController();
    client.runs.prompt({ runId, stage, iteration }, { signal: aborted.signal }).then(
      (prompt) => setAsked(prompt),
      (thrown: unknown) => {
        if (!aborted.signal.aborted) setAsked(new Error(errorText(thrown)));
      },
    );
    return () => aborted.abort();
  }, [client, runId, stage, iteration]);

  if (!asked) return <p className="muted">Loading…</p>;
  if (asked instanceof Error) {
    return (
      <p className="form-error" role="alert">
        {asked.message}
      </p>
    );
  }
  return (
    <>
      <p className="muted">
        Built anew from the log, by the pipeline as the server has it now
        {asked.attempt === attempt ? "." : `; of attempt ${asked.attempt}.`}
      </p>
      {asked.messages.map(({ role, content }, index) => (
        <section key={index} aria-label={`Message ${index + 1}, ${role}`}>
          <header>
            <h4>
              {role} <span className="muted">{plural(content.length, "character")}</span>
            </h4>
            <CopyButton className="small" text={content} name={`Copy the ${role} message`} />
          </header>
          {/* Scrolls by itself: a prompt may hold the whole implementation. */}
          <div className="plain" tabIndex={0} role="region" aria-label={`Text of message ${index + 1}`}>
            {content}
          </div>
        </section>
      ))}
    </>
  );
}
