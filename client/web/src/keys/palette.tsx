import { useRuns } from "@stagewire/client/react";
import { Command } from "cmdk";
import { useEffect, useState } from "react";
import { flushSync } from "react-dom";
import { useLocation } from "wouter";
import { Dialog } from "../ui/dialog";
import { StateChip } from "../ui/state-chip";
import { KeyCaps } from "./key-caps";
import { ACTIONS, type ActionId } from "./keymap";
import { findRuns, isRunId } from "./find-runs";
import { useActionRegistry, useActionStates } from "./use-action";

/** More would not fit the screen. */
const MOST_RUNS = 8;
const NEWEST_RUNS = 4;

/** Does any action that the page offers now, and goes to any run by its title or id. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const registry = useActionRegistry();
  const states = useActionStates();
  const { runs } = useRuns();
  const [, navigate] = useLocation();
  const [text, setText] = useState("");
  useEffect(() => setText((since) => registry.takeTyped() + since), [registry]);
  const query = text.trim();
  const found = query === "" ? runs.slice(0, NEWEST_RUNS) : findRuns(runs, query, MOST_RUNS);
  const known = ACTIONS.filter(({ id }) => states[id].status !== "absent" && id !== "palette");

  function perform(id: ActionId): void {
    // Behind an open dialog nothing takes the focus.
    flushSync(onClose);
    registry.perform([id]);
  }
  function goTo(path: string): void {
    flushSync(onClose);
    navigate(path);
  }

  return (
    <Dialog title="Command palette" className="palette" bare onClose={onClose}>
      <Command label="Command palette" loop>
        <Command.Input
          data-autofocus
          value={text}
          onValueChange={setText}
          placeholder="Type an action, or a run's title or id"
        />
        <Command.List label="Actions and runs">
          <Command.Empty>Nothing here is called “{query}”.</Command.Empty>
          <Command.Group heading="Actions">
            {known.map(({ id, keys, title }) => {
              const state = states[id];
              return (
                <Command.Item
                  key={id}
                  value={id}
                  keywords={[title]}
                  disabled={state.status === "refused"}
                  onSelect={() => perform(id)}
                >
                  <span className="palette-title">
                    {title}
                    {state.status === "refused" && <span className="palette-why">not now, {state.whyNot}</span>}
                  </span>
                  <KeyCaps keys={keys} />
                </Command.Item>
              );
            })}
          </Command.Group>
          {(found.length > 0 || query !== "") && (
            <Command.Group heading="Runs" forceMount>
              {found.map((run) => (
                <Command.Item
                  key={run.runId}
                  value={`run ${run.runId}`}
                  forceMount
                  onSelect={() => goTo(`/runs/${run.runId}`)}
                >
                  <StateChip state={run.status} />
                  <span className="palette-title">{run.title}</span>
                  <span className="palette-id">{run.runId}</span>
                </Command.Item>
              ))}
              {query !== "" && (
                <Command.Item
                  value={`search ${query}`}
                  forceMount
                  onSelect={() => goTo(`/runs?q=${encodeURIComponent(query)}`)}
                >
                  <span className="palette-title">Search all runs for “{query}”</span>
                </Command.Item>
              )}
              {isRunId(query) && !found.some(({ runId }) => runId === query) && (
                <Command.Item value={`open ${query}`} forceMount onSelect={() => goTo(`/runs/${query}`)}>
                  <span className="palette-title">Open the run with the id {query}</span>
                </Command.Item>
              )}
            </Command.Group>
          )}
        </Command.List>
      </Command>
    </Dialog>
  );
}
