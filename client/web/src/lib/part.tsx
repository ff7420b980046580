import { type ComponentType, lazy, type ReactNode, useEffect, useState } from "react";

/** When what the page shows first is surely there, in ms. */
const SETTLED_MS = 1_500;

/** A component with a module of its own, which is loaded with its first use at the latest. It needs a `Suspense` around. */
export interface Part<Props> {
  (props: Props): ReactNode;
  /** Loads it, so that its first use shows it at once. */
  preload(): Promise<void>;
}

export function createPart<Props extends object>(
  load: () => Promise<{ readonly default: ComponentType<Props> }>,
): Part<Props> {
  const Late: ComponentType<Props> = lazy(() => load().catch(() => ({ default: Failed })));
  let loaded: ComponentType<Props> | undefined;

  function PartOrLate(props: Props): ReactNode {
    // Stays as it began: another component in its place would lose what was typed.
    const [Shown] = useState(() => loaded ?? Late);
    return <Shown {...props} />;
  }
  // A lazy component always waits, also for a module that is there.
  return Object.assign(PartOrLate, { preload: async () => void (loaded = (await load()).default) });
}

/** Loads a part that is likely to be used, when the page has nothing else to do. */
export function usePreload({ preload }: Pick<Part<never>, "preload">): void {
  useEffect(() => {
    const act = (): void => {
      // Where the server can't be reached, its first use tries again.
      preload().catch(() => {});
    };
    const whenIdle = globalThis.requestIdleCallback ?? setTimeout;
    const timer = setTimeout(() => whenIdle(act), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [preload]);
}

/** In some browsers a module that could not be loaded once is not asked for again by the same page. */
function Failed(): ReactNode {
  return (
    <p className="form-error" role="alert">
      This part of the page could not be loaded: reload the page.
    </p>
  );
}
