import { pipelineInfoSchema, StagewireError } from "@stagewire/shared";
import { expect, test } from "vitest";
import {
  buildPipeline,
  definePipeline,
  pipelineInfo,
  type PipelineDefinition,
  type StageDefinition,
} from "../../server/src/pipelines/index.js";

const stage = (id: string, more: Partial<StageDefinition> = {}): StageDefinition => ({
  id,
  title: id.toUpperCase(),
  prompt: () => [{ role: "user", content: id }],
  ...more,
});
const pipeline = (...stages: StageDefinition[]): PipelineDefinition => ({ id: "own", title: "Own", stages });

function errorOf(definition: PipelineDefinition): StagewireError {
  try {
    definePipeline(definition);
  } catch (error) {
    if (error instanceof StagewireError) return error;
    throw error;
  }
  throw new Error("the pipeline was accepted");
}

test("a good pipeline is taken as it is and frozen", () => {
  const stages = [
    stage("write"),
    stage("check", { verdict: true }),
    stage("mend", { revises: "write", loop: { max: 2, review: "check" } }),
  ];
  const made = definePipeline(pipeline(...stages));
  expect(made).toEqual({ id: "own", title: "Own", stages });
  expect(Object.isFrozen(made) && Object.isFrozen(made.stages)).toBe(true);
});

test("the wire form has no prompts, and tells how stages hang together", () => {
  const info = pipelineInfo(buildPipeline);
  expect(info).toEqual({
    id: "build",
    title: "Build",
    stages: [
      { id: "architecture", title: "Architecture" },
      { id: "implementation", title: "Implementation" },
      { id: "review", title: "Review" },
      { id: "refinement", title: "Refinement", loop: { max: 3, review: "review" }, revises: "implementation" },
      { id: "documentation", title: "Documentation" },
    ],
  });
  expect(pipelineInfoSchema.parse(info)).toEqual(info);
});

const reviewed = stage("check", { verdict: true });
test.each<[string, PipelineDefinition, string]>([
  ["no stages", pipeline(), 'pipeline "own" has no stages: give it at least one'],
  ["an empty id", { ...pipeline(stage("a")), id: "" }, 'a pipeline\'s id has 1 to 200 characters, not ""'],
  [
    "an empty title",
    { ...pipeline(stage("a")), title: "" },
    'pipeline "own" has no title: give it one, for people to read',
  ],
  ["an empty stage id", pipeline(stage("")), 'a stage\'s id has 1 to 200 characters, not ""'],
  [
    "a stage without a title",
    pipeline(stage("a", { title: "" })),
    'pipeline "own" stage "a" has no title: give it one, for people to read',
  ],
  [
    "an id twice",
    pipeline(stage("a"), stage("a")),
    'pipeline "own" has two stages with the id "a": ids are unique within a pipeline',
  ],
  [
    "revising nothing",
    pipeline(stage("a", { revises: "b" })),
    'pipeline "own" stage "a" revises "b", which is no earlier stage; it is the first stage',
  ],
  [
    "revising itself",
    pipeline(stage("a"), stage("b", { revises: "b" })),
    'pipeline "own" stage "b" revises "b", which is no earlier stage; before it come "a"',
  ],
  [
    "a later reviewer",
    pipeline(stage("a", { loop: { max: 1, review: "check" } }), reviewed),
    'pipeline "own" stage "a" is reviewed by "check", which is no earlier stage; it is the first stage',
  ],
  [
    "a reviewer without a verdict",
    pipeline(stage("a"), stage("b", { loop: { max: 1, review: "a" } })),
    'pipeline "own" stage "b" is reviewed by "a", which gives no verdict: set `verdict: true` on "a"',
  ],
  [
    "two loops",
    pipeline(
      reviewed,
      stage("b", { loop: { max: 1, review: "check" } }),
      stage("c", { loop: { max: 1, review: "check" } }),
    ),
    'pipeline "own" has 2 loops ("b", "c"): only one stage can have `loop`',
  ],
  [
    "too many iterations",
    pipeline(reviewed, stage("b", { loop: { max: 11, review: "check" } })),
    'pipeline "own" stage "b" has `loop.max` 11: it is a whole number from 0 to 10',
  ],
  [
    "half an iteration",
    pipeline(reviewed, stage("b", { loop: { max: 0.5, review: "check" } })),
    'pipeline "own" stage "b" has `loop.max` 0.5: it is a whole number from 0 to 10',
  ],
])("%s is refused with words that help", (_name, definition, message) => {
  const error = errorOf(definition);
  expect(error.code).toBe("CONFIG_INVALID");
  expect(error.message).toBe(message);
});

test("a name that is too long is refused, and shown shortened", () => {
  const error = errorOf(pipeline(stage("x".repeat(201))));
  expect(error.code).toBe("CONFIG_INVALID");
  expect(error.message.length).toBeLessThan(140);
});
