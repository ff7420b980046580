// The benchmark: every scenario side by side in one run. Times never fail it, what breaks does.
import { join, resolve as resolvePath } from "node:path";
import { parseArgs } from "node:util";
import { killRoles } from "./child.mjs";
import { describe, judge, machine } from "./report.mjs";
import { cluster } from "./scenarios/cluster.mjs";
import { fanOut } from "./scenarios/fan-out.mjs";
import { latency } from "./scenarios/latency.mjs";
import { manyRuns } from "./scenarios/many-runs.mjs";
import { modelToWatcher } from "./scenarios/model-to-watcher.mjs";
import { resume } from "./scenarios/resume.mjs";

const SCENARIOS = { a: modelToWatcher, b: fanOut, c: latency, d: resume, e: cluster, f: manyRuns };
/** After this the benchmark gives up, in ms. */
const MOST_MS = 300_000;
const USAGE = `npm run bench -- [--only a,b,c,d,e,f] [--json] [--prof <folder>] [--contenders stagewire,raw-ws,socket-io,plain-trpc]
  --json        prints one JSON document instead of tables (npm run --silent bench -- --json prints nothing else)
  --prof        writes a CPU profile of each measured window into the folder
  --contenders  of scenario b, only these`;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(SCENARIOS).join(",") },
    json: { type: "boolean", default: false },
    prof: { type: "string" },
    contenders: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) console.log(USAGE);
else process.exitCode = await run(values);

async function run({ only, json, prof, contenders }) {
  const names = only.split(",");
  const unknown = names.filter((name) => !Object.hasOwn(SCENARIOS, name));
  if (unknown.length > 0) {
    console.error(
      `There is no scenario ${unknown.join(", ")}; there are ${Object.keys(SCENARIOS).join(", ")}.\n${USAGE}`,
    );
    return 2;
  }
  const timer = setTimeout(() => stop(`gave up after ${MOST_MS / 1_000} s`, 1), MOST_MS);
  process.once("SIGINT", () => stop("interrupted", 130)).once("SIGTERM", () => stop("ended", 143));

  const facts = machine();
  if (!json) {
    const { node, platform, cpu, cores, loadAverage, note } = facts;
    console.log(`Node ${node}, ${platform}, ${cores} cores (${cpu}), load average ${loadAverage.join(" ")}\n${note}\n`);
  }
  const folder = (name) => prof && join(resolvePath(prof), name);
  const results = {};
  try {
    for (const name of names) {
      const startedAt = performance.now();
      const result = await SCENARIOS[name]({ measured: { profiles: folder(name) }, only: contenders?.split(",") });
      const floors = result.floors.map((floor) => ({ ...floor, verdict: judge(floor) }));
      results[name] = { ...result, floors, seconds: (performance.now() - startedAt) / 1_000 };
      if (!json) console.log(describe(results[name]).join("\n"));
    }
  } catch (error) {
    console.error(error);
    return 1;
  } finally {
    clearTimeout(timer);
  }
  if (json) console.log(JSON.stringify({ machine: facts, scenarios: results }, null, 2));
  return 0;
}

function stop(why, code) {
  console.error(`The benchmark ${why}.`);
  killRoles();
  process.exit(code);
}
