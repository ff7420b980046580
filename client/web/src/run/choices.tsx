import { useId, useState } from "react";
import type { Availability } from "./availability";

interface ChoicesProps<Options> {
  readonly unavailable: Availability;
  readonly onChoose: (options: Options) => void;
}

/** Which iterations to skip, besides the one that runs. */
export function SkipChoices({
  unavailable: { skipRemaining, skipAfter },
  onChoose,
}: ChoicesProps<{ target: "remaining"; when: "now" | "after_iteration" }>) {
  return (
    <>
      <Choice
        label="Skip all refinement"
        whyNot={skipRemaining}
        onPress={() => onChoose({ target: "remaining", when: "now" })}
      />
      <Choice
        label="Skip what follows this iteration"
        whyNot={skipAfter}
        onPress={() => onChoose({ target: "remaining", when: "after_iteration" })}
      />
    </>
  );
}

/** When to cancel, and why. */
export function CancelChoices({
  unavailable: { cancel, cancelAfterStage },
  onChoose,
}: ChoicesProps<{ when: "now" | "after_stage"; reason?: string }>) {
  const [reason, setReason] = useState("");
  const id = useId();
  const choose = (when: "now" | "after_stage") =>
    onChoose({ when, ...(reason.trim() !== "" && { reason: reason.trim() }) });
  return (
    <>
      <label htmlFor={id}>Reason, if you want to give one</label>
      <input id={id} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
      <Choice label="Cancel now" whyNot={cancel} onPress={() => choose("now")} />
      <Choice label="Cancel after this stage" whyNot={cancelAfterStage} onPress={() => choose("after_stage")} />
    </>
  );
}

function Choice({ label, whyNot, onPress }: { label: string; whyNot: string | undefined; onPress: () => void }) {
  return (
    <button type="button" data-closes="" disabled={whyNot !== undefined} onClick={onPress}>
      {label}
      {whyNot !== undefined && <span className="choice-why">{whyNot}</span>}
    </button>
  );
}
