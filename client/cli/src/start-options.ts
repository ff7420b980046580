import { MAX_REFINEMENTS, type PipelineInfo, type RunOptions } from "@stagewire/shared";
import type { Context } from "./context.js";
import { usageError } from "./errors.js";
import { readChoice, readDollars, readNumber } from "./values.js";

/** What the command line says about the run that is to be started, but for its models; what it leaves out is not set. */
export function startOptions({ args: { values } }: Context): RunOptions {
  const maxRefinements = readNumber("refinements", values.refinements, 0, MAX_REFINEMENTS);
  const maxTokens = readNumber("max-tokens", values["max-tokens"], 1, Number.MAX_SAFE_INTEGER);
  const maxCostUsd = readDollars("max-cost-usd", values["max-cost-usd"]);
  const onAbandoned = readChoice("on-abandoned", values["on-abandoned"], ["continue", "cancel"]);
  const priority = readChoice("priority", values.priority, ["normal", "low"]);
  return {
    ...(maxRefinements !== undefined && { maxRefinements }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(maxCostUsd !== undefined && { maxCostUsd }),
    ...(values.gate && { gates: values.gate }),
    ...(onAbandoned !== undefined && { onAbandoned }),
    ...(priority !== undefined && { priority }),
  };
}

/**
 * The model of each stage, from `--model NAME` for all and `--model STAGE=NAME` for one, the latter winning.
 * Throws a usage error that names the stages there are.
 */
export function modelsByStage(
  given: readonly string[],
  stages: PipelineInfo["stages"],
): NonNullable<RunOptions["models"]> {
  const forAll: Record<string, string> = {};
  const forOne: Record<string, string> = {};
  for (const text of given) {
    const [stage, name] = split(text);
    if (name === "") throw usageError(`--model is ${JSON.stringify(text)}, allowed are NAME and STAGE=NAME`);
    if (stage === undefined) {
      for (const { id } of stages) forAll[id] = name;
    } else if (stages.some(({ id }) => id === stage)) {
      forOne[stage] = name;
    } else {
      const known = stages.map(({ id }) => id).join(", ");
      throw usageError(`--model is ${JSON.stringify(text)}, and there is no stage "${stage}"; there is ${known}`);
    }
  }
  return { ...forAll, ...forOne };
}

function split(text: string): [string | undefined, string] {
  const at = text.indexOf("=");
  return at < 0 ? [undefined, text.trim()] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}
