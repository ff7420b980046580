import { isClosed, type RunView, type StagewireError } from "@stagewire/shared";
import type { ConnectionState } from "@stagewire/client";
import { type UseRun, useClient } from "@stagewire/client/react";
import { lazy, memo, Suspense, useRef } from "react";
import { ExportRoom } from "../export/export-room";
import { FindRoom } from "../find/find-room";
import { useCameLate } from "../lib/use-came-late";
import { useHeightVariable } from "../lib/use-height-variable";
import { StoppedClock } from "../lib/use-now";
import { InspectorToggle } from "../inspector/inspector-toggle";
import { useInspector } from "../inspector/use-inspector";
import { ReplayBanner } from "../replay/replay-banner";
import { Scrubber } from "../replay/scrubber";
import { useReplay } from "../replay/use-replay";
import { FinishBell } from "../tab/finish-bell";
import { useFavicon } from "../tab/use-favicon";
import { useRunAddress } from "./address";
import { Announcer } from "./announcer";
import { Controls } from "./controls";
import { useFrameView } from "./frame-view";
import { flattenPlan, planRun } from "./plan";
import { Pulse } from "./pulse";
import { RunHeader } from "./run-header";
import { StageRail } from "./stage-rail";
import { TextView } from "./text-view";
import { useReading } from "./use-reading";
import { ViewTabs } from "./view-tabs";

const Inspector = lazy(() => import("../inspector/inspector"));

interface LiveRunProps {
  readonly run: UseRun & { readonly view: RunView };
}

/** A run's page. What grows with each token watches the run by itself; the frame around is rendered when it changes. */
export function LiveRun({ run: { view, connection, error } }: LiveRunProps) {
  return <Frame view={useFrameView(view)} connection={connection} error={error} />;
}

interface FrameProps {
  /** As `useFrameView` has it. */
  readonly view: RunView;
  readonly connection: ConnectionState;
  readonly error: StagewireError | undefined;
}

/**
 * From top to bottom: header with controls, then the rail, the view and the aside beside each other, the scrubber, and
 * the pulse line.
 */
const Frame = memo(function Frame({ view: live, connection, error }: FrameProps) {
  const client = useClient();
  const replay = useReplay(live);
  const { view } = replay;
  const plan = planRun(view);
  const address = useRunAddress();
  const steps = flattenPlan(plan);
  const reading = useReading(view, steps, address);
  const top = useRef<HTMLDivElement>(null);
  const main = useRef<HTMLDivElement>(null);
  const guideField = useRef<HTMLTextAreaElement>(null);
  useHeightVariable(top, "--run-top");
  const inspector = useInspector();
  useFavicon(live.status);
  // No fact and no control of it comes or goes any more, so nothing has to be kept free for one.
  const settled = useCameLate(isClosed(live));
  const online = connection.status === "open";
  const OtherView = address.view.component;
  return (
    <article className="run" data-online={online}>
      <StoppedClock value={replay.now}>
        <div className="run-top" ref={top} data-settled={settled && !replay.active}>
          <RunHeader view={view} online={online}>
            <FinishBell view={live} />
          </RunHeader>
          {replay.active ? (
            <ReplayBanner view={live} replay={replay} />
          ) : (
            <Controls view={view} guideField={guideField} onGuidePaused={reading.goLive} />
          )}
        </div>
        {error && <CutOff error={error} />}
        <div className="run-body">
          <StageRail
            plan={plan}
            progress={online ? view.progress : undefined}
            selected={reading.shown?.key}
            onSelect={reading.select}
          />
          <div className="run-main" ref={main}>
            <div className="run-main-head">
              <ViewTabs shown={address.view} onShow={address.show} />
              <InspectorToggle state={inspector} />
            </div>
            {OtherView ? (
              <div className="run-view">
                <Suspense fallback={<p className="note">Loading…</p>}>
                  <OtherView view={view} />
                </Suspense>
              </div>
            ) : (
              <TextView view={view} replayed={replay.active} reading={reading} guideField={guideField} />
            )}
          </div>
          {inspector.open && reading.shown && (
            <Suspense fallback={null}>
              <Inspector view={view} planned={reading.shown} state={inspector} />
            </Suspense>
          )}
        </div>
      </StoppedClock>
      <Scrubber view={live} replay={replay} />
      <Pulse view={live} retryNow={() => client.connection.retryNow()} />
      {!OtherView && <FindRoom steps={steps} shown={reading.shown} content={main} select={reading.select} />}
      <ExportRoom view={live} />
      <Announcer view={live} online={online} />
    </article>
  );
});

/** The run is shown as far as it was known when it could not be watched any further. */
function CutOff({ error }: { error: StagewireError }) {
  return (
    <div className="failure" role="alert">
      <p>
        <strong>What follows can't be shown.</strong>{" "}
        {error.code === "CURSOR_UNRECOVERABLE"
          ? "The server no longer has this run as it was read here: its data was replaced or cleaned up."
          : error.message}
      </p>
      <button type="button" onClick={() => location.reload()}>
        Load it anew
      </button>
    </div>
  );
}
