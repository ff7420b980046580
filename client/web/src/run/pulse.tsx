import { activeStep, isClosed, type RunView } from "@stagewire/shared";
import type { ConnectionState } from "@stagewire/client";
import { useRun } from "@stagewire/client/react";
import { useRef, useState } from "react";
import { firstSeen } from "../lib/first-seen";
import { formatCount, formatDuration, plural } from "../lib/format";
import { useHeightVariable } from "../lib/use-height-variable";
import { useNow } from "../lib/use-now";
import { useOnline } from "../lib/use-online";
import { Icon } from "../ui/icon";
import { type Heard, pulseLine } from "./pulse-line";

const CAUGHT_UP_MS = 4_000;
/** The server tells of a run every 2 s at least. A device without a network may still reach a server on itself. */
const OFFLINE_SILENT_MS = 3_000;

const OFFLINE = "this device is offline";

interface PulseProps {
  /** As the page's frame has it. */
  readonly view: RunView;
  readonly retryNow: () => void;
}

/** The line at the bottom: is the connection alive, and what is the run doing? */
export function Pulse({ view: shown, retryNow }: PulseProps) {
  const { view = shown, connection, lastEventAt, caughtUp } = useRun(shown.runId);
  // Of a run that has ended nothing more can come: its connection is let go of.
  const complete = isClosed(view) && connection.status === "idle";
  const open = connection.status === "open" || complete;
  const now = useNow(isClosed(view) && open && caughtUp === undefined ? undefined : 200);
  const heard: Heard = { lastEventAt, ...useCall(view) };
  const deviceOnline = useOnline(retryNow);
  // Such a socket stays open for a long time.
  const cutOff = !deviceOnline && !isClosed(view) && now - (lastEventAt ?? now) > OFFLINE_SILENT_MS;
  const connected = open && !cutOff;
  const footer = useRef<HTMLElement>(null);
  useHeightVariable(footer, "--pulse");
  const line = pulseLine(view, now, heard);
  const seq = `#${view.seq}`;
  const said = complete
    ? "all events received"
    : open && cutOff
      ? OFFLINE
      : connectionText(connection, deviceOnline, now);
  return (
    <footer
      className="pulse"
      ref={footer}
      data-connected={connected}
      data-unusual={(connected && line.unusual) || undefined}
      data-lasting={isClosed(view) || view.status === "paused" || undefined}
      aria-label="Connection and progress"
    >
      <span className="pulse-part">
        <Icon name={connected ? "connected" : "offline"} />
        {/* What is unusual begins with the same word: it is seen once. */}
        <span className={said !== "connected" ? undefined : line.unusual ? "visually-hidden" : "pulse-connected"}>
          {said}
        </span>
      </span>
      {connection.status === "reconnecting" && (
        <button type="button" className="small" onClick={retryNow}>
          Retry now
        </button>
      )}
      <span className="pulse-part pulse-run">
        {connected || isClosed(view) ? (
          <>
            <Icon name={line.icon} />
            <span>{line.text}</span>
          </>
        ) : (
          <span>
            shown as of {seq}
            {lastEventAt !== undefined && `, ${formatDuration(now - lastEventAt)} ago`}; the run goes on without this
            page
          </span>
        )}
      </span>
      {connected && caughtUp && now - caughtUp.at < CAUGHT_UP_MS ? (
        <span className="pulse-part pulse-caught-up">caught up: {plural(caughtUp.events, "event")}, 0 missed</span>
      ) : (
        <span className="pulse-part pulse-seq" title={`${formatCount(view.seq)} events so far`}>
          {seq}
        </span>
      )}
    </footer>
  );
}

function connectionText(connection: ConnectionState, deviceOnline: boolean, now: number): string {
  switch (connection.status) {
    case "open":
      if (connection.transport === "websocket") return "connected";
      return connection.reason ?? "connected over HTTP";
    case "reconnecting": {
      const left = Math.ceil((connection.retryAt - now) / 1000);
      const when = left > 0 ? `try ${connection.attempt} in ${left} s` : `try ${connection.attempt} now`;
      return `${deviceOnline ? "connection lost" : OFFLINE} · ${when}`;
    }
    case "closed":
      return connection.error ? `disconnected: ${connection.error.message}` : "disconnected";
    default:
      return "connecting";
  }
}

/** When text of the call that runs last grew while this page looked on, and since when it has. */
function useCall(view: RunView): Pick<Heard, "lastTokenAt" | "callSince"> {
  const step = activeStep(view);
  // Its last token came before this page looked on.
  const [atLoad] = useState(step);
  // A step is a new object with each of its tokens.
  const callSince = step ? firstSeen(step) : 0;
  const begun = step !== undefined && (step.output !== "" || step.reasoning !== "");
  return { callSince, lastTokenAt: begun && step !== atLoad ? callSince : undefined };
}
