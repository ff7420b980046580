import { useRun } from "@stagewire/client/react";
import { NotFound } from "../not-found";
import { Icon } from "../ui/icon";
import { LiveRun } from "./live-run";

/** One run, live: loads it, or says why it can't. */
export default function RunPage({ runId }: { runId: string }) {
  const run = useRun(runId);
  const { view, error, connection } = run;
  if (view) return <LiveRun run={{ ...run, view }} />;
  if (error?.code === "RUN_NOT_FOUND") {
    return (
      <NotFound
        title={`No run ${runId}`}
        text="This server has no run of that name: check the address. It may have been deleted as an old one; a list that was open then shows it for some minutes more."
      />
    );
  }
  if (error) return <NotFound title="This run can't be shown" text={error.message} />;
  if (connection.status !== "reconnecting") return <p className="note page">Loading the run…</p>;
  return (
    <p className="note page" role="status">
      <Icon name="offline" /> The server can't be reached: trying again…
    </p>
  );
}
