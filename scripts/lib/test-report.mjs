import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { root } from "./run.mjs";

/** Reads what vitest's JSON reporter wrote. Undefined where it wrote nothing that can be read. */
export function readReport(path) {
  if (!existsSync(path)) return undefined;
  const { testResults } = JSON.parse(readFileSync(path, "utf8"));
  const report = { passed: 0, failed: 0, skipped: [] };
  for (const file of testResults) {
    const name = relative(root, file.name);
    // A file that can't be loaded has no tests; it must not pass for one that has none to fail.
    if (file.status === "failed" && !file.assertionResults.some((result) => result.status === "failed"))
      report.failed++;
    for (const result of file.assertionResults) {
      if (result.status === "passed") report.passed++;
      else if (result.status === "failed") report.failed++;
      else report.skipped.push({ file: name, test: result.fullName.trim() });
    }
  }
  return report;
}

/** The tests that were skipped, under the reason why, as lines. */
export function describeSkipped(skipped, capabilities) {
  const groups = new Map();
  for (const { file, test } of skipped) {
    const capability = capabilities.find(({ tests, missing }) => missing && tests.test(`${file} ${test}`));
    const why = capability ? capability.missing : "skipped by the test file itself, or not named on the command line";
    groups.set(why, [...(groups.get(why) ?? []), `  ${file}: ${test}`]);
  }
  return [...groups].flatMap(([why, tests]) => [`Not run (${why}):`, ...tests]);
}
