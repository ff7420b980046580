import type { RunView } from "@stagewire/shared";
import { formatCost, plural, pluralTokens } from "../lib/format";

/** What a run took, in a sentence: `12,345 tokens written, 40,200 read, $0.12; 2 refinements, approved by review.` Pure. */
export function totalsOf(view: RunView): string {
  const { promptTokens, completionTokens, estimated } = view.usage;
  const parts = [
    `${pluralTokens(completionTokens, estimated)} written, ${pluralTokens(promptTokens, estimated)} read`,
    ...(view.costUsd === undefined ? [] : [formatCost(view.costUsd)]),
  ];
  const text = `${parts.join(", ")}${refinements(view)}.`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function refinements({ pipeline, steps }: RunView): string {
  const loop = pipeline.stages.find((stage) => stage.loop);
  if (!loop) return "";
  const done = steps.filter(({ stage, status }) => stage === loop.id && status === "completed").length;
  const skipped = steps.filter(({ stage, status }) => stage === loop.id && status === "skipped").length;
  const verdict = steps.findLast((step) => step.verdict)?.verdict;
  const approved = verdict === undefined ? "" : verdict.approved ? ", approved by the last review" : ", not approved";
  return `; ${plural(done, "refinement")}${skipped > 0 ? `, ${skipped} skipped` : ""}${approved}`;
}
