import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Tests run the sources of every package, so that one module is never loaded twice, as source and as build. */
const alias = [
  { find: /^@stagewire\/shared$/, replacement: source("shared/src/index.ts") },
  { find: /^@stagewire\/server$/, replacement: source("server/src/index.ts") },
  { find: /^@stagewire\/client$/, replacement: source("client/sdk/src/index.ts") },
  { find: /^@stagewire\/client\/documents$/, replacement: source("client/sdk/src/documents/index.ts") },
  { find: /^@stagewire\/client\/react$/, replacement: source("client/sdk/src/react/index.ts") },
  { find: /^@stagewire\/client\/replay$/, replacement: source("client/sdk/src/replay/index.ts") },
  { find: /^#websocket$/, replacement: source("client/sdk/src/websocket/node.ts") },
];

/** What every project has in common. `using` is lowered, because Node 20 does not know it. */
const common = {
  oxc: { target: "node20" },
  resolve: { alias },
};

const test = {
  environment: "node",
  pool: "forks",
  // Files share what they import, a third of a run's time: nothing here keeps state in a module.
  isolate: false,
  setupFiles: [source("test/support/seed.ts")],
  testTimeout: 30_000,
  hookTimeout: 30_000,
  // On a busy machine a page may take some seconds to show what it was told.
  expect: { poll: { timeout: 15_000 } },
} as const;

const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

/** What clients rely on holds for several servers on one Redis as it does for one: some of it each time, all of it on demand. */
const ALSO_IN_A_CLUSTER =
  process.env["STAGEWIRE_CLUSTER_TESTS"] === "all"
    ? ["test/suites/sdk*.test.ts", "test/browser/*.test.ts"]
    : ["test/suites/sdk{,-fork,-real-server}.test.ts", "test/browser/{run-page,steering}.test.ts"];

/** On two cores: two at a time leave half of them idle, since tests wait for timers and other processes. */
const AT_A_TIME = 3;

const MEASURING = ["test/e2e/{aimock,cancel-proof,demo,drops,kill,slow-reader,stalled-leaves}.test.ts"];

/** By size, as ever, but first the one that takes longest by far: begun late, the others' workers wait for it. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLongest = ({ moduleId }: TestSpecification) => moduleId.endsWith("/test/faults/campaign.test.ts");
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        ...common,
        test: {
          ...test,
          name: "parallel",
          include: ["test/{unit,suites,faults}/**/*.test.ts"],
          maxWorkers: AT_A_TIME,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // After the others, for what these wait on is the machine: pages to be drawn, processes to start.
        ...common,
        test: {
          ...test,
          name: "processes",
          include: ["test/{e2e,browser}/**/*.test.ts"],
          exclude: MEASURING,
          maxWorkers: AT_A_TIME,
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...common,
        test: {
          ...test,
          name: "cluster",
          // Without redis-server there is no cluster; scripts/lib/capabilities.mjs says so.
          include: hasRedis ? ALSO_IN_A_CLUSTER : [],
          globalSetup: hasRedis ? [source("test/support/cluster-setup.ts")] : [],
          maxWorkers: AT_A_TIME,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // One file at a time and after the others: these measure latencies and memory.
        ...common,
        test: {
          ...test,
          name: "sequential",
          include: MEASURING,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
