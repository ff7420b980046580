/** The value below which `share` (0…1) of the sorted or unsorted `values` lie. */
export function percentile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function median(values) {
  return percentile(values, 0.5);
}

/** p50, p99 and max of latencies in ms. */
export function spread(values) {
  return { p50: percentile(values, 0.5), p99: percentile(values, 0.99), max: percentile(values, 1) };
}

/** Resolves after that many ms: how long a window is open. */
export function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
