import type { Context } from "../context.js";
import { startFrom } from "../start-from.js";

/** Starts an ended run again from the step that failed or was cancelled, or from its last one, and shows it. */
export function retry(context: Context): Promise<number> {
  return startFrom(context, "retry", (parent, options) => parent.retry({ options }));
}
