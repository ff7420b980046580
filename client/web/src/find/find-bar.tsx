import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { useActionRegistry } from "../keys/use-action";
import type { PlannedStep } from "../run/plan";
import { createFinder, type Finder, type Found } from "./finder";
import type { FindRoomProps } from "./find-room";
import { createCounter } from "./matches";
import "./find.css";

interface FindBarProps extends FindRoomProps {
  /** Another number each time the reader asks for the bar. */
  readonly asked: number;
  readonly onClose: () => void;
}

const NOTHING: Found = { count: 0, index: 0 };

/** Finds in the text of the shown step, and tells which other steps have the words too. */
export default function FindBar({ steps, shown, content, select, asked, onClose }: FindBarProps) {
  const [query, setQuery] = useState("");
  const [found, setFound] = useState(NOTHING);
  const field = useRef<HTMLInputElement>(null);
  const finder = useRef<Finder>(null);
  const others = useOthers(steps, shown, query);
  const registry = useActionRegistry();

  useEffect(() => {
    field.current?.focus({ preventScroll: true });
    field.current?.select();
  }, [asked]);

  useEffect(() => {
    if (!content.current) return;
    const own = createFinder(content.current, setFound);
    finder.current = own;
    const typed = registry.takeTyped() + (field.current?.value ?? "");
    if (typed !== "") {
      setQuery(typed);
      own.search(typed);
    }
    return () => own.dispose();
  }, [content, registry]);

  function search(next: string): void {
    setQuery(next);
    finder.current?.search(next);
  }

  function go(direction: 1 | -1): void {
    if (finder.current?.go(direction)) return;
    const end = direction > 0 ? "first" : "last";
    const next =
      direction > 0
        ? (others.find(({ after }) => after) ?? others[0])
        : (others.findLast(({ after }) => !after) ?? others.at(-1));
    if (next) select(next.step);
    finder.current?.goToEnd(end);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter" && event.target === field.current) go(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div className="find" role="search" aria-label="Find in the text" onKeyDown={onKeyDown}>
      <div className="find-row">
        <input
          ref={field}
          type="text"
          className="find-field"
          aria-label="Find"
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={({ target }) => search(target.value)}
        />
        <span className="find-count">
          {query === "" ? "" : found.count === 0 ? "none here" : `${found.index} of ${found.count}`}
        </span>
        <button type="button" onClick={() => go(-1)} disabled={found.count + others.length === 0}>
          Previous
        </button>
        <button type="button" onClick={() => go(1)} disabled={found.count + others.length === 0}>
          Next
        </button>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
      {others.length > 0 && (
        <div className="find-others">
          Also in
          {others.map(({ step, count }) => (
            <button
              key={step.key}
              type="button"
              onClick={() => {
                select(step);
                finder.current?.goToEnd("first");
              }}
            >
              {step.title} <span className="muted">({count})</span>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

interface Other {
  readonly step: PlannedStep;
  /** Occurrences in what the model wrote: marks of the markup count too. */
  readonly count: number;
  /** Whether it comes after the shown one. */
  readonly after: boolean;
}

/** The other steps with the words in their text. Only texts that changed are searched again. */
function useOthers(steps: readonly PlannedStep[], shown: PlannedStep | undefined, query: string): readonly Other[] {
  const counter = useMemo(() => createCounter(), []);
  const at = steps.findIndex(({ key }) => key === shown?.key);
  return steps.flatMap((step, index): Other[] => {
    if (!step.step || index === at || step.state === "skipped") return [];
    const count = counter(step.key, step.step.output, query);
    return count > 0 ? [{ step, count, after: index > at }] : [];
  });
}
