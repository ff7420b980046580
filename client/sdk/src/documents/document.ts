import { isClosed, type RunView, type Usage, type Verdict } from "@stagewire/shared";
import { dollars, duration, inline, utcTime } from "./inline.js";
import { nest, verbatim } from "./markdown.js";
import { outputsOf } from "./outputs.js";
import { steeringOf } from "./steering.js";
import { stepTitle } from "./versions.js";
import { withoutVerdict } from "./without-verdict.js";

/** UTF-16 units of the title that a task's first line makes. */
const MAX_TITLE = 120;

/**
 * A whole run as one markdown document: what it is, its task, how it ended, what each step wrote, the verdicts of its
 * reviews, the steering that took effect, usage and cost. The headings of what was written are below those of the
 * document, and nothing in it (an open fence, a comment, a heading) reaches beyond its section. Pure; times in UTC.
 */
export function documentOf(view: RunView): string {
  const steering = steeringOf(view);
  const sections = [
    `# ${titleOf(view)}`,
    factsOf(view),
    `## Task\n\n${verbatim(view.task)}`,
    `## Outcome\n\n${outcomeOf(view)}`,
    ...outputSections(view),
    ...(steering.length > 0 ? [`## Steering\n\n${steering.map((line) => `- ${line}`).join("\n")}`] : []),
    `## Usage\n\n${usageTable(view)}`,
  ];
  return `${sections.join("\n\n")}\n`;
}

function titleOf({ task, runId }: RunView): string {
  const line = task.trim().split("\n", 1)[0] ?? "";
  const short = line.length > MAX_TITLE ? `${line.slice(0, MAX_TITLE - 1).trimEnd()}…` : line;
  return inline(short) || `Run ${inline(runId)}`;
}

function factsOf(view: RunView): string {
  const { parent } = view;
  const facts = [
    `Run ${inline(view.runId)}, pipeline ${inline(view.pipeline.title || view.pipeline.id)}`,
    ...(view.createdAt > 0 ? [`Started ${utcTime(view.createdAt)}`] : []),
    ...(parent
      ? [
          `Forked from ${inline(parent.runId)} at ${inline(stepTitle(view, { stage: parent.fromStage, iteration: parent.iteration ?? 0 }))}`,
        ]
      : []),
  ];
  return facts.map((fact) => `- ${fact}`).join("\n");
}

function outcomeOf(view: RunView): string {
  const took = view.durationMs === undefined ? "" : ` after ${duration(view.durationMs)}`;
  if (!isClosed(view)) return `Not ended: ${view.status} as of ${utcTime(view.updatedAt)}.`;
  if (view.status === "completed") return `Finished${took}.`;
  if (view.status === "cancelled") {
    const control = view.controls.findLast(
      ({ command, outcome }) => command.type === "cancel" && outcome !== "rejected",
    );
    const by = control === undefined ? "" : ` by ${inline(control.by)}`;
    const reason = control?.command.type === "cancel" ? control.command.reason : undefined;
    return `Cancelled${by}${took}${reason === undefined ? "" : `: ${inline(reason)}`}. What had been written is kept.`;
  }
  const error = view.errors.findLast(({ fatal }) => fatal);
  if (!error) return `Failed${took}.`;
  const where =
    error.stage === undefined
      ? ""
      : ` in ${inline(stepTitle(view, { stage: error.stage, iteration: error.iteration ?? 0 }))}`;
  return `Failed${where}${took}: ${inline(error.message)} (${inline(error.code)}).`;
}

function outputSections(view: RunView): string[] {
  return outputsOf(view).map(({ stage, iteration, title, text, status, accepted }) => {
    const step = view.steps.find((each) => each.stage === stage && each.iteration === iteration);
    const verdict = accepted ? step?.verdict : undefined;
    return [
      `## ${inline(title)}${accepted ? "" : ` (${PARTIAL[status]})`}`,
      nest(verdict ? withoutVerdict(text) : text, 3),
      ...(verdict ? [verdictSection(verdict)] : []),
    ].join("\n\n");
  });
}

const PARTIAL = {
  running: "being written",
  retrying: "being written",
  completed: "complete",
  skipped: "skipped",
  cancelled: "partial: cancelled",
  failed: "partial: failed",
} as const;

function verdictSection({ approved, summary, findings }: Verdict): string {
  const list = findings.map(({ severity, title, detail, where }, index) => {
    const place = where === undefined ? "" : ` (${inline(where)})`;
    const more = detail === undefined ? "" : ` ${inline(detail)}`;
    return `${index + 1}. **${inline(title)}**, ${severity}${place}.${more}`;
  });
  return [
    `### Verdict: ${approved ? "approved" : "not approved"}`,
    ...(summary === undefined ? [] : [inline(summary)]),
    ...(list.length > 0 ? [list.join("\n")] : []),
  ].join("\n\n");
}

function usageTable(view: RunView): string {
  const rows = view.steps.map((step) => [
    inline(stepTitle(view, step)),
    inline(step.model),
    step.status,
    ...(step.usage ? tokensOf(step.usage) : ["", ""]),
    step.durationMs === undefined ? "" : duration(step.durationMs),
  ]);
  const cost = view.costUsd === undefined ? "" : `, ${dollars(view.costUsd)}`;
  const total = view.durationMs === undefined ? "" : duration(view.durationMs);
  return [
    "| Step | Model | State | Read | Written | Time |",
    "| --- | --- | --- | ---: | ---: | ---: |",
    ...rows.map((row) => `| ${row.join(" | ")} |`),
    `| **Total**${cost} | | ${view.status} | ${tokensOf(view.usage).join(" | ")} | ${total} |`,
    "",
    `Read and Written in tokens${view.usage.estimated ? "; those with ≈ are estimated in part" : ""}.`,
  ].join("\n");
}

function tokensOf({ promptTokens, completionTokens, estimated }: Usage): [string, string] {
  const about = estimated ? "≈ " : "";
  return [`${about}${promptTokens}`, `${about}${completionTokens}`];
}
