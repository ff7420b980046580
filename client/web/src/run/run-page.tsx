import { type UseRun, useRun } from "@stagewire/client/react";
import { startTransition, useEffect, useState } from "react";
import { warmParser } from "../markdown/parse";
import { NotFound } from "../not-found";
import { Icon } from "../ui/icon";
import { LiveRun } from "./live-run";

warmParser();

type Phase = "waiting" | "rendering" | "shown";

/** One run, live: loads it, or says why it can't. */
export default function RunPage({ runId }: { runId: string }) {
  const [phase, setPhase] = useState<Phase>("waiting");
  // The whole page at once is a long task; a transition is rendered in slices. Any other change would make it begin
  // again, so until it is done nothing here listens to the run.
  useEffect(() => {
    if (phase === "rendering") startTransition(() => setPhase("shown"));
  }, [phase]);
  if (phase === "waiting") return <Waiting runId={runId} onPhase={setPhase} />;
  if (phase === "rendering") return <Loading />;
  return <Shown runId={runId} />;
}

function Waiting({ runId, onPhase }: { runId: string; onPhase: (phase: Phase) => void }) {
  const run = useRun(runId);
  const known = run.view !== undefined;
  useEffect(() => {
    if (known) onPhase("rendering");
  }, [known, onPhase]);
  return <NoView runId={runId} run={run} />;
}

function Shown({ runId }: { runId: string }) {
  const run = useRun(runId);
  const { view } = run;
  return view ? <LiveRun run={{ ...run, view }} /> : <NoView runId={runId} run={run} />;
}

function NoView({ runId, run: { error, connection } }: { runId: string; run: UseRun }) {
  if (error?.code === "RUN_NOT_FOUND") {
    return (
      <NotFound
        title={`No run ${runId}`}
        text="This server has no run of that name: check the address. It may have been deleted as an old one; a list that was open then shows it for some minutes more."
      />
    );
  }
  if (error) return <NotFound title="This run can't be shown" text={error.message} />;
  if (connection.status !== "reconnecting") return <Loading />;
  return (
    <p className="note page" role="status">
      <Icon name="offline" /> The server can't be reached: trying again…
    </p>
  );
}

function Loading() {
  return <p className="note page">Loading the run…</p>;
}
