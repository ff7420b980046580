import type { Client } from "@stagewire/client";
import { StagewireProvider, useConnection, useControls, useRun, useRunEvents, useRuns } from "@stagewire/client/react";
import { createElement, type ReactElement, StrictMode, useEffect } from "react";

/** What a part was given at each of its commits, by the part's name. */
export type Commits = Record<string, unknown[]>;

export interface HooksPageProps {
  readonly client: Client;
  readonly runId: string;
  readonly commits: Commits;
}

/** Every hook in a part of its own, two of them twice. */
export function HooksPage({ client, ...props }: HooksPageProps): ReactElement {
  const parts = [TheRun, TheRun, TheEvents, TheEvents, TheRuns, TheConnection, TheControls];
  const children = parts.map((Part, key) => createElement(Part, { ...props, key }));
  return createElement(StrictMode, null, createElement(StagewireProvider, { client }, children));
}

type PartProps = Omit<HooksPageProps, "client">;

const TheRun = part("run", (runId) => {
  const run = useRun(runId);
  return [run, `${run.view?.status ?? "unknown"} ${run.view?.steps[0]?.output ?? ""}`];
});
const TheEvents = part("events", (runId) => {
  const state = useRunEvents(runId);
  return [state, `${state.events.length > 0 ? "some" : "no"} events`];
});
const TheRuns = part("runs", () => {
  const state = useRuns();
  return [state, `${state.runs.length} runs`];
});
const TheConnection = part("connection", () => {
  const state = useConnection();
  return [state, state.status];
});
const TheControls = part("controls", (runId) => {
  const controls = useControls(runId);
  return [controls, controls.states.pause?.status ?? "no press"];
});

function part(name: string, use: (runId: string) => [state: unknown, text: string]) {
  return function Part({ runId, commits }: PartProps): ReactElement {
    const [state, text] = use(runId);
    useEffect(() => {
      (commits[name] ??= []).push(state);
    });
    return createElement("p", { "data-part": name }, text);
  };
}
