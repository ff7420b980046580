import type { Message } from "../../models/types.js";
import type { PromptContext } from "../types.js";
import { COMMON_RULES, ROLES } from "./roles.js";
import { compose, guidanceSection, outputSection, section } from "./sections.js";
import { previousReview } from "./previous-review.js";

const CRITERIA = `Severities:
- **blocker**: it does not build or run, loses or corrupts data, opens a security hole, or misses the point of the task.
- **major**: a requirement is missing or wrong, an error is swallowed, a resource leaks, a limit is missing, a failure that will happen in practice is not handled, or important behaviour has no test.
- **minor**: correct today, but a real cost tomorrow: a misleading name, a needless dependency, a test that proves little. A matter of taste is not a finding.

Approve (\`"approved": true\`) when there is no blocker and no major finding, and no minor one that makes something stated in the architecture or the answer untrue. Other minor findings do not stand in the way: list them and approve. Neither approve out of politeness nor hold back for perfection: ask whether you would merge this as it is.`;

const FORMAT = `End the answer with the verdict: one fenced block of JSON, in exactly this form, and nothing after it:

\`\`\`json
{
  "approved": false,
  "summary": "One or two sentences: the state of the implementation and what decides.",
  "findings": [
    {
      "severity": "blocker | major | minor",
      "title": "What is wrong, in one line",
      "detail": "The input or situation, what happens, what should happen, and a fix that would do",
      "where": "path/of/file.ext, function or section"
    }
  ]
}
\`\`\`

\`severity\` is one of the three words in lower case. \`findings\` is \`[]\` when there are none. It is strict JSON: no comments, no trailing commas, line breaks inside strings as \\n. The verdict and the text say the same.`;

const SYSTEM = `${ROLES.review} You did not write it, and you cannot run it: you read it, line by line, against the task and the architecture.

${COMMON_RULES}

How to review:
1. Go through the requirements one by one: where is each met, and which test would fail if it were not?
2. Follow the unpleasant paths: errors, limits, empty and huge input, concurrency, cancellation, shutdown, hostile input, time.
3. Check that it would build and run as described: imports, types, signatures, manifest, files that are referred to but missing.
4. Report what you can show from the code. Quote the line or name the place, give the input that breaks it. Do not report what you only suspect. At most ten findings, the worst first; one finding per cause.

${CRITERIA}

Form of the answer: Markdown. A short paragraph of overall judgement, a table of the requirements (requirement, met or not, where), then the findings with their reasons. ${FORMAT}`;

const RE_REVIEW = `You review a revision. Work in this order:
1. Take the earlier findings one by one and say for each: mended, not mended, or no longer relevant, and by which code.
2. Check that the revision broke nothing that worked before.
3. Add a new finding only if it is a blocker or major, or if the revision itself introduced it. Do not bring up small things now that were there to be seen before: a review that always finds something new never ends.`;

/** The prompt of the stage `review`: the first review, and every re-review in the loop. */
export function reviewPrompt(context: PromptContext): Message[] {
  const { iteration } = context;
  const system = iteration === 0 ? SYSTEM : `${SYSTEM}\n\nThis is the review of refinement ${iteration}. ${RE_REVIEW}`;
  return [
    { role: "system", content: system },
    {
      role: "user",
      content: compose(
        section("task", context.task),
        outputSection(context, "architecture"),
        outputSection(context, "implementation"),
        iteration === 0 ? undefined : previousReview(context, "the implementation before this revision"),
        guidanceSection(context),
        iteration === 0
          ? "Review the implementation and end with the verdict as JSON."
          : "Review the revised implementation and end with the verdict as JSON.",
      ),
    },
  ];
}
