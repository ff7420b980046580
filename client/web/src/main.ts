import "./styles/theme.css";
import "./styles/base.css";
import "./styles/run.css";
import "./styles/rail.css";
import "./styles/pulse.css";
import "./styles/steering.css";
import "./styles/prose.css";

void begin();

/** Reads the app part by part, each in a task of its own: together they are a long one. The browser has them all by then. */
async function begin(): Promise<void> {
  await import("react-dom/client");
  await nextTask();
  await import("./client");
  await nextTask();
  const { start } = await import("./start");
  await nextTask();
  start();
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
