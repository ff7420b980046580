import { isClosed, type RunView } from "@stagewire/shared";
import { PROGRAM } from "./program.js";
import { duration } from "./render/format.js";
import { pageOf, urlOption } from "./target.js";

export interface Whereabouts {
  readonly runId: string;
  readonly url: string;
  /** True when the run's server lives in this process and ends with it. */
  readonly local: boolean;
  /** True when other servers on the same Redis go on with the run then. @default false */
  readonly shared?: boolean;
}

/** What became of a run, in one line: the last thing that a command says about it. */
export function fateOf(view: RunView | undefined, { runId, url, local, shared = false }: Whereabouts): string {
  if (view && isClosed(view)) {
    const took = duration(view.durationMs ?? 0);
    // A page of a server that ends with this process can't be opened any more.
    const page = local ? "" : `: ${pageOf(url, runId)}`;
    if (view.status === "completed") return `Run ${runId} finished in ${took}${page}`;
    if (view.status === "cancelled") return `Run ${runId} was cancelled${canceller(view)} after ${took}${page}`;
    const error = view.errors.findLast(({ fatal }) => fatal) ?? view.errors.at(-1);
    const why = error ? `: ${error.stage === undefined ? "" : `${error.stage}: `}${error.message} (${error.code})` : "";
    const again = local ? "" : `; \`${PROGRAM} retry ${runId}${urlOption(url)}\` tries again from there`;
    return `Run ${runId} failed after ${took}${why}${again}`;
  }
  if (local) {
    const next = `at the next \`${PROGRAM} serve\` here`;
    return shared
      ? `Run ${runId} loses its server with this process; it goes on at another one on the same Redis, or ${next}`
      : `Run ${runId} stops with this process; it goes on ${next}`;
  }
  const phase = view?.progress?.phase;
  const status = phase === "paused" || phase === "queued" ? phase : "running";
  return `Run ${runId} is still ${status}: ${PROGRAM} ${status === "paused" ? "resume" : "watch"} ${runId}${urlOption(url)}`;
}

function canceller(view: RunView): string {
  const control = view.controls.findLast(({ command, outcome }) => command.type === "cancel" && outcome !== "rejected");
  return control ? ` by ${control.by}` : "";
}
