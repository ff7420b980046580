import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, RUNTIME } from "./build.mjs";
import { capabilities } from "./capabilities.mjs";
import { install } from "./install.mjs";
import { fail, root } from "./run.mjs";
import { describeSkipped, readReport } from "./test-report.mjs";

/** Everything is run, and everything that was not is named. The last line is always the counts. */
async function main(args) {
  await install();
  await build(RUNTIME);

  const found = capabilities();
  for (const { missing } of found) if (missing) console.log(`This machine can't run some tests: ${missing}.`);

  const folder = mkdtempSync(join(tmpdir(), "stagewire-test-"));
  try {
    const json = join(folder, "report.json");
    const code = await vitest(["--reporter=default", "--reporter=json", `--outputFile.json=${json}`, ...args]);
    const report = readReport(json);
    if (!report) throw new Error("vitest wrote no report: what it said is above.");
    const { passed, failed, skipped } = report;
    for (const line of describeSkipped(skipped, found)) console.log(line);

    const problems = [
      passed + failed + skipped.length === 0 && "no test was run",
      skipped.length > 0 && process.env.CI === "true" && "CI is set, and in CI no test may be skipped",
      code !== 0 && failed === 0 && "vitest failed outside of the tests: what it said is above",
    ].filter(Boolean);
    for (const problem of problems) console.log(`Failed: ${problem}.`);
    if (code !== 0 || failed > 0 || problems.length > 0) process.exitCode = 1;
    return { passed, failed, skipped: skipped.length };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function vitest(args) {
  const program = join(root, "node_modules/vitest/vitest.mjs");
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, "run", ...args], { cwd: root, stdio: "inherit" });
    const pass = (signal) => child.kill(signal);
    process.on("SIGTERM", pass).on("SIGINT", pass);
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

const counts = await main(process.argv.slice(2)).catch((error) => {
  fail(error);
  return { passed: 0, failed: 0, skipped: 0 };
});
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
