import { availableParallelism, cpus, loadavg } from "node:os";

/** What a reader has to know of the machine to judge the numbers. */
export function machine() {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    loadAverage: loadavg().map((load) => Math.round(load * 100) / 100),
    note: "A shared, noisy machine: compare within one run. CPU time and ratios are steadier than times.",
  };
}

/** The verdict on a floor, which tells and never fails the benchmark. */
export function judge({ value, limit }) {
  return value <= limit ? "ok" : "above";
}

/** A scenario as lines of text: a table, its floors, its notes. */
export function describe({ title, rows, columns, floors, notes = [], seconds }) {
  const keys = Object.keys(columns);
  const table = [Object.values(columns), ...rows.map((row) => keys.map((key) => cell(row[key])))];
  const widths = keys.map((_, column) => Math.max(...table.map((line) => line[column].length)));
  const lines = table.map((line) =>
    line.map((text, column) => (column === 0 ? text.padEnd(widths[column]) : text.padStart(widths[column]))).join("  "),
  );
  return [
    `${title} (took ${Math.round(seconds)} s)`,
    "",
    ...lines.map((line) => `  ${line}`.trimEnd()),
    "",
    ...floors.map(
      (floor) =>
        `  ${floor.verdict.padEnd(5)} ${floor.what}: ${cell(floor.value)}${floor.unit}, the floor is ${floor.limit}${floor.unit}`,
    ),
    ...notes.map((note) => `  ${note}`),
    "",
  ];
}

function cell(value) {
  if (typeof value === "string") return value;
  if (value === undefined || !Number.isFinite(value)) return "-";
  if (Number.isInteger(value) || Math.abs(value) >= 1_000) return Math.round(value).toLocaleString("en");
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}
