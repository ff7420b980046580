import { architecturePrompt } from "./build-prompts/architecture.js";
import { documentationPrompt } from "./build-prompts/documentation.js";
import { implementationPrompt } from "./build-prompts/implementation.js";
import { refinementPrompt } from "./build-prompts/refinement.js";
import { reviewPrompt } from "./build-prompts/review.js";
import { definePipeline } from "./define-pipeline.js";

/** The default pipeline: from a task to reviewed, documented code. */
export const buildPipeline = definePipeline({
  id: "build",
  title: "Build",
  stages: [
    { id: "architecture", title: "Architecture", prompt: architecturePrompt },
    { id: "implementation", title: "Implementation", prompt: implementationPrompt },
    { id: "review", title: "Review", prompt: reviewPrompt, verdict: true },
    {
      id: "refinement",
      title: "Refinement",
      prompt: refinementPrompt,
      revises: "implementation",
      loop: { max: 3, review: "review" },
    },
    { id: "documentation", title: "Documentation", prompt: documentationPrompt },
  ],
});
