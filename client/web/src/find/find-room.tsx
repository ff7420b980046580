import { type RefObject, Suspense, useRef, useState } from "react";
import { HoldKeys } from "../keys/hold-keys";
import { useAction } from "../keys/use-action";
import { createPart, usePreload } from "../lib/part";
import type { PlannedStep } from "../run/plan";

const FindBar = createPart(() => import("./find-bar"));

export interface FindRoomProps {
  /** The steps of the run, in order. */
  readonly steps: readonly PlannedStep[];
  /** The one whose text is shown. */
  readonly shown: PlannedStep | undefined;
  /** The element that shows it. */
  readonly content: RefObject<HTMLElement | null>;
  /** Shows another step's text. */
  readonly select: (step: PlannedStep) => void;
}

/** Find in the text: the key opens a bar, Escape closes it and gives the focus back. */
export function FindRoom(props: FindRoomProps) {
  /** Counts how often the key was pressed; nothing while the bar is closed. */
  const [asked, setAsked] = useState<number>();
  const before = useRef<Element>(null);
  usePreload(FindBar);
  useAction("find", () => {
    if (asked === undefined) before.current = document.activeElement;
    setAsked((asked ?? 0) + 1);
  });
  if (asked === undefined) return null;

  function close(): void {
    setAsked(undefined);
    if (before.current instanceof HTMLElement) before.current.focus({ preventScroll: true });
  }

  return (
    <Suspense fallback={<HoldKeys />}>
      <FindBar {...props} asked={asked} onClose={close} />
    </Suspense>
  );
}
