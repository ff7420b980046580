import { useRun } from "@stagewire/client/react";
import type { RunView } from "@stagewire/shared";
import { lazy, Suspense, useState } from "react";
import { HoldKeys } from "../keys/hold-keys";
import { useAction } from "../keys/use-action";

const ExportDialog = lazy(() => import("./export-dialog"));

/** Offers the action `export` for a run. What it shows is the run as it was when it was opened. */
export function ExportRoom({ view: shown }: { view: RunView }) {
  const { view = shown } = useRun(shown.runId);
  const [exported, setExported] = useState<RunView>();
  useAction("export", () => setExported(view));
  if (!exported) return null;
  return (
    <Suspense fallback={<HoldKeys />}>
      <ExportDialog view={exported} onClose={() => setExported(undefined)} />
    </Suspense>
  );
}
