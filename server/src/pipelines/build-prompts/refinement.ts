import type { Message } from "../../models/types.js";
import type { PromptContext } from "../types.js";
import { previousReview } from "./previous-review.js";
import { COMMON_RULES, FILE_FORMAT, ROLES } from "./roles.js";
import { compose, guidanceSection, outputSection, section } from "./sections.js";

const SYSTEM = `${ROLES.refinement} Your revision replaces the implementation as a whole and is reviewed again.

${COMMON_RULES}

How to revise:
- Mend every blocker and major finding at its cause, not at its symptom, and every minor one that costs little.
- Add or change a test for each mended finding: one that fails on the code as it was.
- If a finding is wrong, leave the code as it is and show why from the code. Do not argue about taste.
- Change nothing that no finding, no guidance and no necessity calls for. What was accepted stays as it is, interfaces above all.

Form of the answer:
1. **What changed**: for each finding its number, what you did about it, and the test that covers it.
2. The complete revised implementation: every file of the project, the unchanged ones too, since this answer takes the place of the old one. ${FILE_FORMAT}
3. **How to run it**: the commands to install, test and start.`;

/** The prompt of the stage `refinement`. */
export function refinementPrompt(context: PromptContext): Message[] {
  return [
    { role: "system", content: `${SYSTEM}\n\nThis is refinement ${context.iteration}.` },
    {
      role: "user",
      content: compose(
        section("task", context.task),
        outputSection(context, "architecture"),
        outputSection(context, "implementation"),
        previousReview(context, "this implementation"),
        guidanceSection(context),
        "Write the complete revised implementation.",
      ),
    },
  ];
}
