import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * What some tests need and a machine may lack. `tests` matches the path and name of the tests that go without it,
 * `missing` says why they can't run and what to do; it is undefined where the thing is there.
 */
export function capabilities(env = process.env) {
  const chromium = env.STAGEWIRE_CHROMIUM ?? "/usr/bin/chromium";
  return [
    {
      tests: /browser|chromium/i,
      missing: existsSync(chromium)
        ? undefined
        : `no Chromium at ${chromium}: install it, or name another with STAGEWIRE_CHROMIUM`,
    },
    ...["zsh", "fish"].map((shell) => ({
      tests: new RegExp(`completion in ${shell}`),
      missing: onPath(shell, env) ? undefined : `no ${shell} on the PATH: install it`,
    })),
    {
      tests: /redis-server/,
      missing: onPath("redis-server", env) ? undefined : "no redis-server on the PATH: install it",
    },
    {
      tests: /nginx/,
      missing: onPath("nginx", env) || existsSync("/usr/sbin/nginx") ? undefined : "no nginx: install nginx-light",
    },
    {
      tests: /needs util-linux's script/,
      missing: existsSync("/usr/bin/script") ? undefined : "no /usr/bin/script: install util-linux",
    },
    {
      tests: /needs curl/,
      missing: onPath("curl", env) ? undefined : "no curl on the PATH: install it",
    },
    {
      tests: /python3?-socketio/i,
      missing: ["python3", "/usr/bin/python3"].some(
        (program) => spawnSync(program, ["-c", "import socketio, aiohttp"], { env }).status === 0,
      )
        ? undefined
        : "no Python with socketio and aiohttp: install python3-socketio and python3-aiohttp",
    },
    {
      tests: /python/i,
      missing: onPath("python3", env) ? undefined : "no python3 on the PATH: install Python 3",
    },
    {
      tests: /needs the npm registry/,
      missing: registryAnswers(env) ? undefined : "npm can't reach its registry: see `npm config get registry`",
    },
  ];
}

/** test/support/packages.ts asks the same. */
function registryAnswers(env) {
  const args = ["view", "zod", "version", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"];
  const npm = env.npm_execpath?.endsWith(".js") ? [process.execPath, env.npm_execpath] : ["npm"];
  return spawnSync(npm[0], [...npm.slice(1), ...args], { env, stdio: "ignore" }).status === 0;
}

function onPath(program, env) {
  return (env.PATH ?? "").split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, program)));
}
