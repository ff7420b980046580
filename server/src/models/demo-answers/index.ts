import { ROLES } from "../../pipelines/build-prompts/roles.js";
import type { Message } from "../types.js";
import { ARCHITECTURE, ARCHITECTURE_REASONING } from "./architecture.js";
import { DOCUMENTATION } from "./documentation.js";
import { GENERIC, GENERIC_VERDICT } from "./generic.js";
import { IMPLEMENTATION, REFINEMENT_1, REFINEMENT_2 } from "./implementation.js";
import { REVIEW, REVIEW_1, REVIEW_2, REVIEW_REASONING } from "./review.js";

export interface DemoAnswer {
  readonly content: string;
  readonly reasoning?: string;
}

/** UTF-16 units of the task's first line that an answer quotes. */
const MAX_QUOTE = 80;

/**
 * The canned answer to a prompt. It follows from the stage's own system message alone, so runs in parallel, skips
 * and recovered runs each get the right one. The task is only quoted.
 */
export function demoAnswer(messages: readonly Message[]): DemoAnswer {
  const system = textOf(messages, "system");
  const user = textOf(messages, "user");
  const { content, reasoning } = choose(system, user);
  return { content: `${notice(user)}\n\n${content}`, ...(reasoning !== undefined && { reasoning }) };
}

function choose(system: string, user: string): DemoAnswer {
  const iteration = Number(/\brefinement (\d+)\./.exec(system)?.[1] ?? 0);
  if (system.startsWith(ROLES.architecture)) return { content: ARCHITECTURE, reasoning: ARCHITECTURE_REASONING };
  if (system.startsWith(ROLES.implementation)) return { content: IMPLEMENTATION };
  if (system.startsWith(ROLES.review)) {
    if (iteration === 0) return { content: REVIEW, reasoning: REVIEW_REASONING };
    return { content: iteration === 1 ? REVIEW_1 : REVIEW_2 };
  }
  if (system.startsWith(ROLES.refinement)) return { content: iteration <= 1 ? REFINEMENT_1 : REFINEMENT_2 };
  if (system.startsWith(ROLES.documentation)) return { content: DOCUMENTATION };
  return { content: /"approved"/.test(`${system}${user}`) ? GENERIC + GENERIC_VERDICT : GENERIC };
}

function notice(user: string): string {
  const task = /<task_*>\s*(.*)/.exec(user)?.[1]?.trim() ?? "";
  const quote = task.length <= MAX_QUOTE ? task : `${task.slice(0, MAX_QUOTE - 1)}…`;
  const about = quote === "" ? "" : ` Your task was “${quote}”.`;
  return `> **Canned answer of the demo model**: no model was asked, and every task gets the same worked example, a rate limiter.${about}`;
}

function textOf(messages: readonly Message[], role: Message["role"]): string {
  return messages
    .filter((message) => message.role === role)
    .map((message) => message.content)
    .join("\n");
}
