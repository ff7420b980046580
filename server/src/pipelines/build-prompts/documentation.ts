import type { Message } from "../../models/types.js";
import type { PromptContext } from "../types.js";
import { COMMON_RULES, ROLES } from "./roles.js";
import { compose, guidanceSection, outputSection, section } from "./sections.js";

const SYSTEM = `${ROLES.documentation} The reader is a competent engineer who has never seen this project and wants to use it in five minutes, run it next week, and change it next year.

${COMMON_RULES}

Everything you write must be true of the code in <implementation>, which is the final one: where architecture and code differ, the code counts. Take names, commands, defaults, limits and units from the code. If something cannot be told from it, leave it out or say that it is not known. Promise nothing that was not tested.

Your answer is one Markdown document (a README) with these sections, leaving out any that would be empty:
1. Title and two or three sentences: what it is, what it is for, what it is not for.
2. **Quick start**: install, run, and one complete example with its expected result.
3. **Usage**: the public interface with all parameters, defaults, units and errors; tables where they help; short examples that would run.
4. **Configuration**: every setting with its default and its effect.
5. **How it works**: the few ideas that one needs to change it safely, and where each lives in the code.
6. **Operation**: limits, failure behaviour, what to watch, what to do when something fails.
7. **Security**: what it protects against, what it does not.
8. **Development**: how to run the tests, and what they cover.
9. **Known limits and open points**: assumptions made, and review findings that remain unmended.`;

/** The prompt of the stage `documentation`. */
export function documentationPrompt(context: PromptContext): Message[] {
  return [
    { role: "system", content: SYSTEM },
    {
      role: "user",
      content: compose(
        section("task", context.task),
        outputSection(context, "architecture"),
        outputSection(context, "implementation"),
        openFindings(context),
        guidanceSection(context),
        "Write the documentation of the final implementation.",
      ),
    },
  ];
}

/**
 * The latest review, for the section on open points. It may be older than the implementation: a refinement can be
 * accepted whose re-review was skipped.
 */
function openFindings({ verdict, review }: PromptContext): string | undefined {
  if (review === undefined || review === "") return undefined;
  const state = verdict?.approved === true ? "It approved the implementation." : "It did not approve.";
  return `The latest review. ${state} Some of its findings may be mended in the implementation above: check each against the code, and list only what remains.\n\n${section("review", review)}`;
}
