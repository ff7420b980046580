import { stepKey } from "@stagewire/shared";
import { useSearchParams } from "wouter";
import { VIEWS, type ViewDefinition } from "./views";

/** What the address of a run's page says: reload, a second tab and a link show the same. */
export interface RunAddress {
  readonly view: ViewDefinition;
  /** The chosen step, as `stepKey`; missing where the page follows the run. */
  readonly chosen: string | undefined;
  /** Shows this step's text; without one the page follows the run again. */
  choose(step: { readonly stage: string; readonly iteration: number } | undefined): void;
  show(view: ViewDefinition["id"]): void;
}

export function useRunAddress(): RunAddress {
  const [params, setParams] = useSearchParams();
  const stage = params.get("stage");
  const wanted = params.get("view");
  const [text] = VIEWS;

  function set(values: Readonly<Record<string, string | undefined>>): void {
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        for (const [name, value] of Object.entries(values)) {
          if (value === undefined) after.delete(name);
          else after.set(name, value);
        }
        return after;
      },
      { replace: true },
    );
  }

  return {
    view: VIEWS.find(({ id }) => id === wanted) ?? text,
    chosen: stage === null ? undefined : stepKey(stage, Number(params.get("iteration") ?? 0)),
    choose: (step) => set({ stage: step?.stage, iteration: step && String(step.iteration), view: undefined }),
    show: (view) => set({ view: view === text.id ? undefined : view }),
  };
}
