/** A page that starts a run, shows it live and steers it: `npx vite examples/react`. */
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { createClient } from "@stagewire/client";
import { StagewireProvider, useConnection, useControls, useRun } from "@stagewire/client/react";

const client = createClient({ url: location.origin });

function Start({ onStarted }: { onStarted: (runId: string) => void }) {
  const [error, setError] = useState("");
  async function start(form: FormData) {
    try {
      const run = await client.runs.start({ task: form.get("task") as string });
      onStarted(run.runId);
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
  return (
    <form action={start}>
      <input name="task" defaultValue="a URL shortener" aria-label="Task" required />
      <button>Start</button>
      <p role="alert">{error}</p>
    </form>
  );
}

function Run({ runId }: { runId: string }) {
  const { view, error } = useRun(runId);
  const connection = useConnection();
  const { skip, cancel } = useControls(runId);
  if (!view) return <p role="alert">{error?.message ?? "Loading"}</p>;
  return (
    <main>
      <h1>{view.task}</h1>
      <strong>{view.status}</strong>
      {connection.status === "reconnecting" && <p>The connection is lost; the run goes on.</p>}
      <p>{view.progress?.message}</p>
      <button onClick={() => skip({ target: "remaining" })}>Skip all refinement</button>
      <button onClick={() => cancel()}>Cancel</button>
      {view.steps.map((step) => (
        <details key={`${step.stage}#${step.iteration}`} open>
          <summary>
            {step.stage} {step.iteration}: {step.status}
          </summary>
          <pre>{step.output}</pre>
        </details>
      ))}
      {view.output !== undefined && <output>{view.output}</output>}
    </main>
  );
}

function App() {
  const [runId, setRunId] = useState<string>();
  return runId === undefined ? <Start onStarted={setRunId} /> : <Run runId={runId} />;
}

createRoot(document.querySelector("#app") ?? document.body).render(
  <StrictMode>
    <StagewireProvider client={client}>
      <App />
    </StagewireProvider>
  </StrictMode>,
);
