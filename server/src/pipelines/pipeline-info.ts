import type { PipelineInfo } from "@stagewire/shared";
import type { Pipeline } from "./types.js";

/** A pipeline as clients see it, without prompts. */
export function pipelineInfo(pipeline: Pipeline): PipelineInfo {
  return {
    id: pipeline.id,
    title: pipeline.title,
    stages: pipeline.stages.map(({ id, title, loop, revises }) => ({
      id,
      title,
      ...(loop && { loop: { max: loop.max, review: loop.review } }),
      ...(revises !== undefined && { revises }),
    })),
  };
}
