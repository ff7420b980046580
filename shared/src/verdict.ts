import * as z from "zod";

/** One thing a review found. */
export const findingSchema = z.object({
  severity: z.enum(["blocker", "major", "minor"]),
  title: z.string().min(1),
  /** What is wrong and what would mend it. */
  detail: z.string().exactOptional(),
  /** File, function or section it is about. */
  where: z.string().exactOptional(),
});
/** One thing that a review found. */
export type Finding = z.infer<typeof findingSchema>;

/** What a review comes to. The refinement loop ends when it is `approved`. */
export const verdictSchema = z.object({
  approved: z.boolean(),
  summary: z.string().exactOptional(),
  findings: z.array(findingSchema).default([]),
});
/** What a review came to: approved or not, and why. */
export type Verdict = z.infer<typeof verdictSchema>;
