import * as z from "zod";
import { runIdSchema } from "./ids.js";

/** Everything a person or a service can tell a running run to do. */
export const commandSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("cancel"),
    when: z.enum(["now", "after_stage"]),
    reason: z.string().max(2_000).exactOptional(),
  }),
  z.object({
    type: z.literal("skip"),
    target: z.enum(["iteration", "remaining"]),
    when: z.enum(["now", "after_iteration"]),
  }),
  z.object({ type: z.literal("pause") }),
  z.object({ type: z.literal("resume") }),
  z.object({ type: z.literal("guide"), text: z.string().min(1).max(20_000) }),
]);
/** Everything a person or a service can tell a running run to do. */
export type Command = z.infer<typeof commandSchema>;

/** Made once by the client and kept over every retry: the same id twice acts once and gives the same ack. */
export const commandIdSchema = z.string().min(1).max(128);

/** A command as it travels, on every transport. */
export const commandEnvelopeSchema = z.object({
  commandId: commandIdSchema,
  runId: runIdSchema,
  command: commandSchema,
});
/** A command as it travels. The same `commandId` twice acts once and gives the same ack. */
export type CommandEnvelope = z.infer<typeof commandEnvelopeSchema>;

/** Why a command was `rejected`. Receivers must accept reasons they do not know. */
export const REJECTION_REASONS = [
  "run_closed",
  "not_refining",
  "already_past",
  "already_paused",
  "not_paused",
  "already_cancelling",
] as const;
/** One of {@link REJECTION_REASONS}. */
export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** What became of a command: it took effect, will take effect at a later step, or was refused for a reason. */
export const commandOutcomeSchema = z.enum(["applied", "scheduled", "rejected"]);
/** What became of a command: it took effect, will take effect at a later step, or was refused for a reason. */
export type CommandOutcome = z.infer<typeof commandOutcomeSchema>;

/**
 * The answer to a command, sent after its `control` event is in the log.
 * `seq` is that event's; it is missing only when the run was closed already, since nothing follows `run_complete`.
 */
export const ackSchema = z.object({
  commandId: commandIdSchema,
  outcome: commandOutcomeSchema,
  reason: z.string().exactOptional(),
  seq: z.number().int().positive().exactOptional(),
});
/** The answer to a command, once its `control` event is in the log at `seq`; without `seq` the run was closed already. */
export type Ack = z.infer<typeof ackSchema>;
