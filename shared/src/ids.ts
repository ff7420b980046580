import * as z from "zod";

/** Ids of runs: letters, digits, `_` and `-`, at most 64. */
export const runIdSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "a run id has 1 to 64 letters, digits, _ or -");

/** Ids of pipelines, stages and models inside events. */
export const nameSchema = z.string().min(1).max(200);
