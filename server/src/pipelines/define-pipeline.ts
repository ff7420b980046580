import { MAX_REFINEMENTS, nameSchema, StagewireError } from "@stagewire/shared";
import type { Pipeline, StageDefinition } from "./types.js";

/** What {@link definePipeline} takes: a pipeline not yet checked. */
export type PipelineDefinition = Pipeline;

/**
 * Checks a pipeline and freezes it. Throws `CONFIG_INVALID`, naming the pipeline, the stage and what is allowed.
 * A pipeline has at least one stage, unique stage ids and at most one loop.
 */
export function definePipeline(definition: PipelineDefinition): Pipeline {
  const { id, title, stages } = definition;
  checkName(id, "a pipeline's id");
  const fail = failFor(id);
  if (typeof title !== "string" || title === "") fail("has no title: give it one, for people to read");
  if (!Array.isArray(stages) || stages.length === 0) fail("has no stages: give it at least one");

  const seen = new Map<string, StageDefinition>();
  for (const stage of stages) {
    checkStage(stage, seen, fail);
    seen.set(stage.id, stage);
  }
  const loops = stages.filter((stage) => stage.loop !== undefined).map((stage) => quote(stage.id));
  if (loops.length > 1) fail(`has ${loops.length} loops (${loops.join(", ")}): only one stage can have \`loop\``);
  return Object.freeze({ id, title, stages: Object.freeze([...stages]) });
}

type Fail = (what: string) => never;

function failFor(pipeline: string): Fail {
  return (what) => {
    throw new StagewireError("CONFIG_INVALID", `pipeline ${quote(pipeline)} ${what}`);
  };
}

function checkStage(stage: StageDefinition, earlier: ReadonlyMap<string, StageDefinition>, fail: Fail): void {
  checkName(stage.id, "a stage's id");
  const name = `stage ${quote(stage.id)}`;
  if (earlier.has(stage.id)) fail(`has two stages with the id ${quote(stage.id)}: ids are unique within a pipeline`);
  if (typeof stage.title !== "string" || stage.title === "")
    fail(`${name} has no title: give it one, for people to read`);
  if (typeof stage.prompt !== "function") fail(`${name} has no \`prompt\`: a function from the context to messages`);
  if (stage.revises !== undefined && !earlier.has(stage.revises)) {
    fail(`${name} revises ${quote(stage.revises)}, which is no earlier stage; ${listed(earlier.keys())}`);
  }
  if (stage.loop === undefined) return;

  const { max, review } = stage.loop;
  if (!Number.isInteger(max) || max < 0 || max > MAX_REFINEMENTS) {
    fail(`${name} has \`loop.max\` ${String(max)}: it is a whole number from 0 to ${MAX_REFINEMENTS}`);
  }
  const reviewer = earlier.get(review);
  if (reviewer === undefined) {
    fail(`${name} is reviewed by ${quote(review)}, which is no earlier stage; ${listed(earlier.keys())}`);
  } else if (reviewer.verdict !== true) {
    fail(`${name} is reviewed by ${quote(review)}, which gives no verdict: set \`verdict: true\` on ${quote(review)}`);
  }
}

function checkName(value: string, what: string): void {
  if (nameSchema.safeParse(value).success) return;
  throw new StagewireError("CONFIG_INVALID", `${what} has 1 to 200 characters, not ${quote(value)}`);
}

function listed(ids: Iterable<string>): string {
  const names = [...ids].map(quote);
  return names.length === 0 ? "it is the first stage" : `before it come ${names.join(", ")}`;
}

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 76)}…"`;
}
