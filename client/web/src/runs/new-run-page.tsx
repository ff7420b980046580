import type { ServerInfo } from "@stagewire/shared";
import { useTitle } from "../lib/use-title";
import { TaskForm } from "./task-form";

/** The form by itself, at an address of its own; `?task=` fills it in. */
export function NewRunPage({ info }: { info: ServerInfo | undefined }) {
  useTitle("New run · stagewire");
  return (
    <div className="page">
      <h1 className="visually-hidden">New run</h1>
      <TaskForm info={info} alone />
    </div>
  );
}
