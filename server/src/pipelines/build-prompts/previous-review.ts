import type { Finding } from "@stagewire/shared";
import type { PromptContext } from "../types.js";
import { section } from "./sections.js";

/**
 * The latest review of `subject`: its findings as a numbered list, or its whole text when its verdict could not be read
 * or lists none. Nothing when there was no review.
 */
export function previousReview({ verdict, review }: PromptContext, subject: string): string | undefined {
  if (verdict !== undefined && verdict.findings.length > 0) {
    const list = verdict.findings.map(findingText).join("\n");
    const text = verdict.summary === undefined ? list : `${verdict.summary}\n\n${list}`;
    return `Findings of the latest review, of ${subject}:\n\n${section("findings", text)}`;
  }
  if (review === undefined || review === "") return undefined;
  return `The latest review, of ${subject}, as it was written:\n\n${section("review", review)}`;
}

function findingText({ severity, title, detail, where }: Finding, index: number): string {
  const place = where === undefined ? "" : ` (${where})`;
  const more = detail === undefined ? "" : `\n   ${detail.replaceAll("\n", "\n   ")}`;
  return `${index + 1}. [${severity}] ${title}${place}${more}`;
}
