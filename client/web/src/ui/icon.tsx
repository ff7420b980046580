import type { State } from "./states";

export type IconName =
  | State
  | "connected"
  | "offline"
  | "waiting"
  | "down"
  | "up"
  | "more"
  | "close"
  | "search"
  | "sun"
  | "moon"
  | "contrast"
  | "keyboard"
  | "bell"
  | "play"
  | "history"
  | "back"
  | "forward"
  | "details";

/** Stroked paths on a 16 × 16 grid. */
const PATHS: Record<IconName, string> = {
  queued: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3l2 1.5",
  waiting: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3l2 1.5",
  running: "M8 2.5a5.5 5.5 0 1 0 5.5 5.5M8 6.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3",
  paused: "M5.5 3.5v9M10.5 3.5v9",
  pausing: "M5.5 3.5v9M10.5 3.5v9",
  completed: "M3 8.5l3.3 3.3L13 4.8",
  cancelled: "M4.5 4.5h7v7h-7z",
  cancelling: "M4.5 4.5h7v7h-7z",
  failed: "M8 2.5v6.5M8 12.2v.6",
  retrying: "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3",
  skipped: "M3.5 3.5 9 8l-5.5 4.5zM12.5 3.5v9",
  planned: "M8 3.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9",
  unneeded: "M4 8h8",
  unreached: "M4 8h8",
  connected: "M1.5 8h3l2-4.5 3 9 2-4.5h3",
  offline: "M1.5 8h3M11.5 8h3M6 5.5l4 5M10 5.5l-4 5",
  down: "M8 3v9.5M4 8.8l4 3.7 4-3.7",
  up: "M8 13V3.5M4 7.2l4-3.7 4 3.7",
  more: "M4 6.5l4 4 4-4",
  close: "M4 4l8 8M12 4l-8 8",
  search: "M7 2.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4M10.2 10.2l3.3 3.3",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.8.8M11.8 11.8l.8.8M3.4 12.6l.8-.8M11.8 4.2l.8-.8",
  moon: "M13 9.6A5.5 5.5 0 0 1 6.4 3a5.3 5.3 0 1 0 6.6 6.6",
  contrast: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 2.5v11M10.2 4.5v7M12 6.2v3.6",
  keyboard: "M2 4.5h12v7.5h-12zM4.5 7h.01M6.8 7h.01M9.2 7h.01M11.5 7h.01M5 9.6h6",
  play: "M5 3.2 12.5 8 5 12.8z",
  history: "M3 8a5 5 0 1 0 1.6-3.7M3 2.5v3h3M8 5.5V8l2 1.3",
  details: "M2.5 4h11M2.5 8h11M2.5 12h7",
  back: "M10 3.5 5.5 8l4.5 4.5",
  forward: "M6 3.5 10.5 8 6 12.5",
  bell: "M3.5 11.5h9c-1-1-1.3-2-1.3-4.3a3.2 3.2 0 0 0-6.4 0c0 2.3-.3 3.3-1.3 4.3M6.8 13.6h2.4",
};

/** Decoration only: a word always stands beside it. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" data-icon={name} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
