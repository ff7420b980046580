import type { RunView } from "@stagewire/shared";
import { type ComponentType, lazy, type LazyExoticComponent } from "react";

export type ViewId = "text" | "diff" | "events" | "timeline";

/** One way to look at a run. It fills the page between the rail and the pulse line; its own parameters are in the address. */
export interface ViewDefinition {
  /** As in the address: `view=`. */
  readonly id: ViewId;
  readonly title: string;
  /** Loaded when it is first shown. Missing on the text, which is the page's own. */
  readonly component?: LazyExoticComponent<ComponentType<ViewProps>>;
}

export interface ViewProps {
  /** The run as it is shown: live, or as it was at the event that is replayed. */
  readonly view: RunView;
}

/** Every view, in the order of the tabs, each loaded by `lazy(() => import(…))`. The first is shown where the address names none. */
export const VIEWS: readonly [ViewDefinition, ...ViewDefinition[]] = [
  { id: "text", title: "Text" },
  { id: "diff", title: "Diff", component: lazy(() => import("../diff/diff-view")) },
  { id: "timeline", title: "Timeline", component: lazy(() => import("../timeline/timeline-view")) },
  { id: "events", title: "Events", component: lazy(() => import("../events/events-view")) },
];
