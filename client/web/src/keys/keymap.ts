/** Where an action stands in the shortcut sheet and the palette. */
export type ActionGroup = "Everywhere" | "List of runs" | "Read a run" | "Views of a run" | "Steer a run";

export interface Action {
  readonly id: string;
  /** Keys to press one after the other, apart by spaces, each by its `KeyboardEvent.key`. `mod+` is ⌘ on a Mac, else Ctrl. */
  readonly keys: string;
  /** What it does, as a command to the page. */
  readonly title: string;
  readonly group: ActionGroup;
}

/**
 * Every key of the page. Two actions may share one: the one that is offered at the time is done.
 * No single key begins a longer sequence, and nothing is on Ctrl or ⌘ with C.
 */
export const ACTIONS = [
  { id: "help", keys: "?", title: "Show the keys", group: "Everywhere" },
  { id: "palette", keys: "mod+k", title: "Open the command palette", group: "Everywhere" },
  { id: "new", keys: "n", title: "Start a run", group: "Everywhere" },
  { id: "runs", keys: "g r", title: "Go to the list of runs", group: "Everywhere" },
  { id: "theme", keys: "t", title: "Change the theme: system, light, dark", group: "Everywhere" },
  { id: "utc", keys: "z", title: "Show times in UTC or local", group: "Everywhere" },

  { id: "run-next", keys: "j", title: "Next run", group: "List of runs" },
  { id: "run-previous", keys: "k", title: "Previous run", group: "List of runs" },
  { id: "search", keys: "/", title: "Search the runs", group: "List of runs" },

  { id: "stage-next", keys: "j", title: "Next stage", group: "Read a run" },
  { id: "stage-previous", keys: "k", title: "Previous stage", group: "Read a run" },
  { id: "iteration-next", keys: "]", title: "Next iteration", group: "Read a run" },
  { id: "iteration-previous", keys: "[", title: "Previous iteration", group: "Read a run" },
  { id: "follow", keys: "f", title: "Follow the text, or let go of it", group: "Read a run" },
  { id: "live", keys: "End", title: "Go to what is written now", group: "Read a run" },
  { id: "find", keys: "/", title: "Find in the text", group: "Read a run" },
  { id: "copy", keys: "c", title: "Copy the stage's text", group: "Read a run" },

  { id: "text", keys: "w", title: "Show the written text", group: "Views of a run" },
  { id: "timeline", keys: "l", title: "Show the timeline", group: "Views of a run" },
  { id: "diff", keys: "d", title: "Show the diff", group: "Views of a run" },
  { id: "change-next", keys: ".", title: "Next change of the diff", group: "Views of a run" },
  { id: "change-previous", keys: ",", title: "Previous change of the diff", group: "Views of a run" },
  { id: "events", keys: "e", title: "Show the events", group: "Views of a run" },
  { id: "replay", keys: "h", title: "Replay the run's history", group: "Views of a run" },
  { id: "export", keys: "o", title: "Export the outputs", group: "Views of a run" },

  { id: "pause", keys: "p", title: "Pause or resume", group: "Steer a run" },
  { id: "skip", keys: "s", title: "Skip this iteration", group: "Steer a run" },
  { id: "guide", keys: "i", title: "Guide the steps that follow", group: "Steer a run" },
  { id: "cancel", keys: "x x", title: "Cancel the run", group: "Steer a run" },
  { id: "retry", keys: "r", title: "Retry from what failed", group: "Steer a run" },
  { id: "fork", keys: "y", title: "Fork from the stage", group: "Steer a run" },
] as const satisfies readonly Action[];

export type ActionId = (typeof ACTIONS)[number]["id"];
