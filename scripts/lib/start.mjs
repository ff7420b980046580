import { build, RUNTIME } from "./build.mjs";
import { install } from "./install.mjs";
import { fail } from "./run.mjs";

try {
  await install();
  await build(RUNTIME);
  if (process.env.npm_lifecycle_event) stopWithParent();
  // In this process, so that signals, the terminal and the exit code are the server's own.
  process.argv.splice(2, 0, "serve");
  await import("../../client/cli/bin/stagewire.mjs");
} catch (error) {
  fail(error);
}

/** npm hands SIGTERM to its shell alone, which ends without telling anyone: without this the server would stay behind. */
function stopWithParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, 500);
  timer.unref();
}
