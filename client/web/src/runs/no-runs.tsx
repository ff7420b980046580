import { Link } from "wouter";
import { EXAMPLES } from "./examples";

/** What a new server shows in place of a list. Where it stands below the form, the form has the examples. */
export function NoRuns({ alone }: { alone: boolean }) {
  if (!alone) return <p className="note">No runs yet. What you start is listed here, and goes on without this page.</p>;
  return (
    <div className="runs-empty">
      <p>No runs yet. Describe a task of your own, or begin with one of these:</p>
      <ul>
        {EXAMPLES.map(({ title, task }) => (
          <li key={title}>
            <Link href={`/runs/new?task=${encodeURIComponent(task)}`}>
              <strong>{title}</strong>
              <span className="muted">{task}</span>
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}
