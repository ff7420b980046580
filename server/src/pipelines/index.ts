export { buildPipeline } from "./build.js";
export { definePipeline, type PipelineDefinition } from "./define-pipeline.js";
export { pipelineInfo } from "./pipeline-info.js";
export type { Pipeline, PromptContext, StageDefinition } from "./types.js";
export { parseVerdict } from "./verdict.js";
