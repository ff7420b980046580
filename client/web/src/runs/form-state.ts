import type { PipelineInfo, RunOptions, ServerInfo, StartInput } from "@stagewire/shared";
import { formatCount } from "../lib/format";

/** The form as it is typed; an empty text leaves the choice to the server. */
export interface FormState {
  readonly task: string;
  readonly pipeline: string;
  readonly refinements: string;
  /** For every stage that has none of its own. */
  readonly model: string;
  readonly models: Readonly<Record<string, string>>;
  readonly gates: readonly string[];
  readonly maxTokens: string;
  readonly maxCostUsd: string;
  readonly cancelAbandoned: boolean;
  readonly lowPriority: boolean;
}

export const EMPTY_FORM: FormState = {
  task: "",
  pipeline: "",
  refinements: "",
  model: "",
  models: {},
  gates: [],
  maxTokens: "",
  maxCostUsd: "",
  cancelAbandoned: false,
  lowPriority: false,
};

/** What an error is about. */
export type FormField = "task" | "pipeline" | "maxRefinements" | "models" | "gates" | "maxTokens" | "maxCostUsd";
export type FormErrors = Readonly<Partial<Record<FormField | "form", string>>>;

const FIELDS: readonly FormField[] = [
  "task",
  "pipeline",
  "maxRefinements",
  "models",
  "gates",
  "maxTokens",
  "maxCostUsd",
];

/** As the protocol has it; importing its schema would cost the page 25 kB. */
const MOST_REFINEMENTS = 10;

/** How many refinements a pipeline asks for by itself and how many it may get here; `undefined` without a loop. Pure. */
export function refinementChoice(
  pipeline: PipelineInfo | undefined,
  limits: ServerInfo["limits"] | undefined,
): { readonly usual: number; readonly most: number } | undefined {
  const loop = pipeline?.stages.find((stage) => stage.loop)?.loop;
  if (!loop) return undefined;
  const most = Math.min(limits?.maxRefinements ?? MOST_REFINEMENTS, MOST_REFINEMENTS);
  return { usual: Math.min(loop.max, most), most };
}

/** What the form asks for, or what is wrong with it. Only what the pipeline has is sent. Pure. */
export function readForm(
  form: FormState,
  pipeline: PipelineInfo | undefined,
  limits: ServerInfo["limits"] | undefined,
): { readonly input: StartInput } | { readonly errors: FormErrors } {
  const errors: { -readonly [Field in keyof FormErrors]: FormErrors[Field] } = {};
  const bytes = new TextEncoder().encode(form.task).length;
  if (form.task.trim() === "") errors.task = "Say what should be built first.";
  else if (limits && bytes > limits.maxTaskBytes) {
    errors.task = `The task has ${formatCount(bytes)} bytes; this server takes at most ${formatCount(limits.maxTaskBytes)}.`;
  }
  const maxTokens = readNumber(form.maxTokens);
  if (maxTokens !== undefined && !(Number.isSafeInteger(maxTokens) && maxTokens > 0)) {
    errors.maxTokens = `“${form.maxTokens}” is not a whole number above 0. Leave it empty for no limit.`;
  }
  const maxCostUsd = readNumber(form.maxCostUsd);
  if (maxCostUsd !== undefined && !(Number.isFinite(maxCostUsd) && maxCostUsd > 0)) {
    errors.maxCostUsd = `“${form.maxCostUsd}” is not a number above 0. Leave it empty for no limit.`;
  }
  if (Object.keys(errors).length > 0) return { errors };
  const refinements = refinementChoice(pipeline, limits);
  const models = modelsOf(form, pipeline);
  const gates = (pipeline?.stages ?? []).map(({ id }) => id).filter((id) => form.gates.includes(id));
  const options: RunOptions = {
    ...(refinements && form.refinements !== "" && { maxRefinements: Number(form.refinements) }),
    ...(Object.keys(models).length > 0 && { models }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(maxCostUsd !== undefined && { maxCostUsd }),
    ...(gates.length > 0 && { gates }),
    ...(form.cancelAbandoned && { onAbandoned: "cancel" as const }),
    ...(form.lowPriority && { priority: "low" as const }),
  };
  return {
    input: {
      task: form.task,
      ...(pipeline && form.pipeline === pipeline.id && { pipeline: pipeline.id }),
      ...(Object.keys(options).length > 0 && { options }),
    },
  };
}

/** The server's words, beside the field that they are about. Pure. */
export function placeError(message: string): FormErrors {
  const [, name] = /^(?:options\.)?(\w+)/.exec(message) ?? [];
  const field = FIELDS.find((candidate) => candidate === name);
  return { [field ?? "form"]: message };
}

/** What differs from the defaults, in a few words each. Pure. */
export function formSummary(form: FormState, pipeline: PipelineInfo | undefined): string[] {
  const stages = pipeline?.stages ?? [];
  const own = Object.keys(modelsOf({ ...form, model: "" }, pipeline)).length;
  const gates = stages.filter(({ id }) => form.gates.includes(id)).map(({ title }) => title);
  return [
    ...(form.model.trim() === "" ? [] : [`model ${form.model.trim()}`]),
    ...(own === 0 ? [] : [`${own} ${own === 1 ? "stage with a model" : "stages with models"} of its own`]),
    ...(gates.length === 0 ? [] : [`pauses before ${gates.join(", ")}`]),
    ...(form.maxTokens.trim() === "" ? [] : [`at most ${grouped(form.maxTokens.trim())} tokens`]),
    ...(form.maxCostUsd.trim() === "" ? [] : [`at most $${form.maxCostUsd.trim()}`]),
    ...(form.cancelAbandoned ? ["cancelled when nobody watches"] : []),
    ...(form.lowPriority ? ["others go first"] : []),
  ];
}

/** What is no number stays as it was typed. */
function grouped(typed: string): string {
  return /^\d+$/.test(typed) ? formatCount(Number(typed)) : typed;
}

function modelsOf({ model, models }: FormState, pipeline: PipelineInfo | undefined): Record<string, string> {
  const named = (pipeline?.stages ?? []).map(({ id }) => [id, (models[id]?.trim() ?? "") || model.trim()] as const);
  return Object.fromEntries(named.filter(([, name]) => name !== ""));
}

function readNumber(text: string): number | undefined {
  return text.trim() === "" ? undefined : Number(text);
}
