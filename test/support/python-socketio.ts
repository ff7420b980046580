import { spawnSync } from "node:child_process";

/** The Debian packages that the tests of Python clients need. */
export const PYTHON_PACKAGES = "python3-socketio and python3-aiohttp";

/** A Python that has them: the first on the PATH, or the system's own; undefined where there is none. */
export const python = ["python3", "/usr/bin/python3"].find(
  (program) => spawnSync(program, ["-c", "import socketio, aiohttp"]).status === 0,
);
