import type { PromptContext } from "../types.js";

/**
 * `text` between tags that it cannot close by itself: the tag grows until the text does not hold its end.
 * So a task that quotes `</task>` stays inside its section.
 */
export function section(name: string, text: string): string {
  let tag = name;
  while (text.includes(`</${tag}>`)) tag += "_";
  return `<${tag}>\n${text}\n</${tag}>`;
}

/** The accepted output of `stage` as a section; nothing when there is none, as in a fork without it. */
export function outputSection(context: PromptContext, stage: string): string | undefined {
  const output = context.outputs[stage];
  return output === undefined || output === "" ? undefined : section(stage, output);
}

/** What people said while the run was going, as a section; nothing when nobody did. */
export function guidanceSection({ guidance }: PromptContext): string | undefined {
  if (guidance.length === 0) return undefined;
  const list = guidance.map((text, index) => `${index + 1}. ${text}`).join("\n");
  return [
    "People who watch this run added the following while it was going, oldest first. Follow it. Where it contradicts the task or an earlier document, it decides; where two entries contradict each other, the later one decides.",
    section("guidance", list),
  ].join("\n\n");
}

/** Joins what is there with blank lines. */
export function compose(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join("\n\n");
}
