import { retryPlace } from "@stagewire/client";
import type { RunView } from "@stagewire/shared";
import { useClient } from "@stagewire/client/react";
import { useState } from "react";
import { useLocation } from "wouter";
import { useAction } from "../keys/use-action";
import { errorText } from "../lib/explain";

interface RestartButtonProps {
  readonly view: RunView;
  /** What it says before the name of the step. */
  readonly label: string;
  /** False where something else is more likely to help. @default true */
  readonly primary?: boolean;
}

/** Starts a new run from where this one stopped, and goes to it. What came before is taken over. */
export function RestartButton({ view, label, primary = true }: RestartButtonProps) {
  const client = useClient();
  const [, navigate] = useLocation();
  const [state, setState] = useState<"starting" | Error>();
  const place = retryPlace(view);

  async function restart(): Promise<void> {
    setState("starting");
    try {
      navigate(`/runs/${(await client.runs.open(view.runId).retry()).runId}`);
    } catch (thrown) {
      setState(new Error(errorText(thrown)));
    }
  }

  useAction("retry", state === "starting" || !place ? undefined : () => void restart(), "it is being started already");
  if (!place) return null;
  const title = view.pipeline.stages.find(({ id }) => id === place.stage)?.title ?? place.stage;
  return (
    <>
      <button
        type="button"
        className={primary ? "primary" : ""}
        disabled={state === "starting"}
        onClick={() => void restart()}
      >
        {label} {title}
        {place.iteration > 0 ? ` ${place.iteration}` : ""}
      </button>
      {state instanceof Error && (
        <p className="form-error" role="alert">
          {state.message}
        </p>
      )}
    </>
  );
}
