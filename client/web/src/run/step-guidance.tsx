import type { RunView } from "@stagewire/shared";
import { formatWhen } from "../lib/format";
import { guidanceOf } from "./guidance";

/** The guidance that took effect with this step. */
export function StepGuidance({ view, at: key }: { view: RunView; at: string }) {
  const here = guidanceOf(view).filter(({ since }) => since === key);
  if (here.length === 0) return null;
  return (
    <ul className="guidance" aria-label="Guidance from this step on">
      {here.map(({ seq, at, by, text }) => (
        <li key={seq}>
          <span className="muted">
            Guidance by {by}, {formatWhen(at)}, in the prompt from here on:
          </span>
          <div className="plain">{text}</div>
        </li>
      ))}
    </ul>
  );
}
