import { outputsOf } from "@stagewire/client/documents";
import type { RunView } from "@stagewire/shared";
import { plural } from "../lib/format";

/** What is left of a run that did not finish, in a sentence. Pure. */
export function keptOf(view: RunView): string {
  const outputs = outputsOf(view);
  const done = outputs.filter(({ accepted }) => accepted).length;
  const partial = outputs.filter(({ accepted }) => !accepted);
  const parts = [
    ...(done > 0 ? [plural(done, "finished output")] : []),
    ...partial.map(({ title, text }) => `${plural(text.length, "character")} of ${title}`),
  ];
  return parts.length === 0 ? "Nothing had been written." : `Kept: ${parts.join(" and ")}.`;
}
