import type { ErrorView, RunView, ServerInfo } from "@stagewire/shared";

/** Things that look like a key, a token or a password in an address, wherever they come from. */
const SECRETS =
  /\b(?:sk|pk|rk|gh[pousr]|xox[a-z]|AKIA|AIza|eyJ)[-_A-Za-z0-9.]{12,}|\bBearer\s+\S+|(?<=:\/\/)[^\s/@]+(?=@)|(?<=[?&](?:key|token|api_key|access_token)=)[^\s&]+/g;

/**
 * What a maintainer needs to know about a run: ids, versions, steps and errors. No task, no output, no
 * guidance, nothing that looks like a secret. Pure.
 */
export function diagnosticsOf(view: RunView, info: ServerInfo | undefined, userAgent: string): string {
  const lines = [
    `run ${view.runId}: ${view.status} at event #${view.seq}`,
    `pipeline ${view.pipeline.id}: ${view.pipeline.stages.map(({ id }) => id).join(" → ")}`,
    `options ${JSON.stringify(view.options)}`,
    ...(view.parent
      ? [`forked from ${view.parent.runId} at ${view.parent.fromStage} ${view.parent.iteration ?? ""}`.trimEnd()]
      : []),
    `created ${time(view.createdAt)}, last event ${time(view.updatedAt)}, took ${view.durationMs ?? "?"} ms`,
    info
      ? `server ${info.name} ${info.version}, protocol ${info.protocol}, model ${info.model.name} (${info.model.kind})`
      : "server unknown: it did not answer",
    `browser ${userAgent}`,
    "",
    "steps:",
    ...view.steps.map(
      (step) =>
        `  ${step.stage} ${step.iteration}: ${step.status}, attempt ${step.attempt} (${step.cause}), model ${step.model}, ` +
        `${step.output.length} + ${step.reasoning.length} characters, ${step.durationMs ?? "?"} ms`,
    ),
    "",
    "errors:",
    ...view.errors.map(errorLine),
    "",
    "controls:",
    ...view.controls.map(
      ({ seq, at, command, outcome, reason }) =>
        `  #${seq} ${time(at)} ${command.type}: ${outcome}${reason === undefined ? "" : ` (${reason})`}`,
    ),
  ];
  return `${lines.join("\n").replace(SECRETS, "[removed]")}\n`;
}

function errorLine({ seq, at, code, fatal, retryable, stage, iteration, attempt, message }: ErrorView): string {
  const facts = [
    code,
    ...(fatal ? ["fatal"] : []),
    ...(retryable ? ["retryable"] : []),
    ...(stage === undefined ? [] : [`in ${stage} ${iteration ?? 0}`]),
    ...(attempt === undefined ? [] : [`attempt ${attempt}`]),
  ];
  return `  #${seq} ${time(at)} ${facts.join(", ")}: ${message}`;
}

function time(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "?" : date.toISOString();
}
