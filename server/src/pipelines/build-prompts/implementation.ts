import type { Message } from "../../models/types.js";
import type { PromptContext } from "../types.js";
import { COMMON_RULES, FILE_FORMAT, ROLES } from "./roles.js";
import { compose, guidanceSection, outputSection, section } from "./sections.js";

const SYSTEM = `${ROLES.implementation} Your code goes to a strict reviewer and then to production.

${COMMON_RULES}

What to produce:
- A working implementation of the whole architecture: every requirement, every interface as it is specified there. If the architecture is wrong or impossible in a place, deviate as little as possible and say so.
- Automated tests: normal use, limits, and every failure that the architecture names. Tests are deterministic: no real network, no sleeping, time and randomness passed in.
- What is needed to build and run it (manifest, configuration), and nothing more.

Quality:
- Correct first, then simple, then fast. Handle every error where something can be done about it, and let no error vanish.
- Check input at the boundary. Bound every buffer, cache, queue, retry and wait. Release what you acquire on every path, failures included.
- Small files, each for one thing; names that need no comment; comments only for a reason that the code cannot show.
- No placeholders, no TODOs, no commented-out code, no unused code.

Form of the answer:
1. Two to five sentences: how the solution is organised, and any deviation from the architecture or assumption of yours.
2. All files. ${FILE_FORMAT}
3. **How to run it**: the commands to install, test and start.`;

/** The prompt of the stage `implementation`. */
export function implementationPrompt(context: PromptContext): Message[] {
  return [
    { role: "system", content: SYSTEM },
    {
      role: "user",
      content: compose(
        section("task", context.task),
        outputSection(context, "architecture"),
        guidanceSection(context),
        "Write the complete implementation.",
      ),
    },
  ];
}
