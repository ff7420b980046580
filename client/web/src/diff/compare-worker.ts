import { compareFor } from "./line-runs";
import type { CompareRequest } from "./use-line-runs";

/** Compares texts that differ a lot, beside the page. */
addEventListener("message", ({ data: { a, b, timeoutMs } }: MessageEvent<CompareRequest>) => {
  postMessage(compareFor(a, b, timeoutMs));
});
