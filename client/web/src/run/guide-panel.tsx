import type { RunView } from "@stagewire/shared";
import type { ControlState } from "@stagewire/client/react";
import { type RefObject, useEffect, useId, useRef } from "react";
import { formatWhen } from "../lib/format";
import { byWhom } from "../lib/explain";
import { useSessionState } from "../lib/use-session-state";
import { guidanceOf } from "./guidance";
import { flattenPlan, planRun } from "./plan";

/** As the protocol has it, in UTF-16 units. */
const MOST = 20_000;

interface GuideFormProps {
  readonly view: RunView;
  readonly state: ControlState | undefined;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly onSend: (text: string) => void;
}

interface GuidePanelProps extends GuideFormProps {
  readonly id: string;
  readonly open: boolean;
  readonly onClose: () => void;
}

/** The form of guidance, behind its control. What is written survives closing it. */
export function GuidePanel({ id, open, onClose, ...form }: GuidePanelProps) {
  return (
    <div
      id={id}
      className="guide-panel"
      hidden={!open}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <GuideForm {...form} />
    </div>
  );
}

/** Takes a text for the prompts of the steps that follow, and shows what was given before. */
export function GuideForm({ view, state, field, onSend }: GuideFormProps) {
  const [text, setText] = useSessionState(`guidance:${view.runId}`, "");
  const fieldId = useId();
  const sent = state?.status === "acknowledged" && state.command.type === "guide" ? state.command : undefined;
  const cleared = useRef(sent);
  useEffect(() => {
    // Only now: until it is acknowledged it may have to be sent again.
    if (sent && sent !== cleared.current && text.trim() === sent.text) setText("");
    cleared.current = sent;
  }, [sent, text, setText]);
  const guidance = guidanceOf(view);
  const steps = flattenPlan(planRun(view));
  return (
    <form
      className="guide-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === "") return;
        onSend(text.trim());
        // The button is disabled until the answer comes, and what is disabled loses the focus.
        field.current?.focus();
      }}
    >
      <label htmlFor={fieldId}>Guidance for the steps that follow</label>
      <textarea
        id={fieldId}
        ref={field}
        rows={2}
        maxLength={MOST}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
        }}
      />
      <div className="form-row">
        <span className="muted">It goes into prompts from the next step on.</span>
        <button type="submit" className="primary" disabled={text.trim() === "" || state?.status === "requested"}>
          Send guidance
        </button>
      </div>
      {guidance.length > 0 && (
        <ul className="guidance" aria-label="Guidance given">
          {guidance.map(({ seq, at, by, text: given, since }) => (
            <li key={seq}>
              “{given}”{" "}
              <span className="muted">
                {byWhom(by)}, {formatWhen(at)} ·{" "}
                {since === undefined
                  ? "waits for the next step"
                  : `since ${steps.find(({ key }) => key === since)?.title ?? since}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </form>
  );
}
