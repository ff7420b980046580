import {
  type Ack,
  type CommandEnvelope,
  commandEnvelopeSchema,
  type Cursor,
  detailSchema,
  type RunEvent,
  runIdSchema,
  type StartInput,
  startInputSchema,
  type StartResult,
} from "@stagewire/shared";
import * as z from "zod";
import type { ErrorBody } from "../errors.js";

const watchSchema = z.object({
  runId: runIdSchema,
  /** Not limited in length: what is no cursor is answered with `CURSOR_UNRECOVERABLE`. */
  lastEventId: z.string().exactOptional(),
  detail: detailSchema.exactOptional(),
});
const unwatchSchema = z.object({ runId: runIdSchema });

/** What a client may send, each with one argument and an ack. */
export const REQUESTS = {
  start: startInputSchema,
  watch: watchSchema,
  unwatch: unwatchSchema,
  control: commandEnvelopeSchema,
} as const;

/** Asks for a run's events, from the cursor `lastEventId` on. */
export type WatchRequest = z.infer<typeof watchSchema>;
/** Ends a watch of this socket. */
export type UnwatchRequest = z.infer<typeof unwatchSchema>;

/** What an ack is called with: the answer, or what went wrong. */
export type Reply<T> = (answer: T | { error: ErrorBody }) => void;

/** `watching` is false when nothing will follow: the run has ended at this cursor, or it is not watched any more. */
export interface Watching {
  watching: boolean;
}

/** For a typed `socket.io-client`: `Socket<SocketIoServerEvents, SocketIoClientEvents>`. */
export interface SocketIoClientEvents {
  start(input: StartInput, reply: Reply<StartResult>): void;
  /** A second watch of the same run takes the place of the first. */
  watch(input: WatchRequest, reply: Reply<Watching>): void;
  unwatch(input: UnwatchRequest, reply: Reply<Watching>): void;
  control(envelope: CommandEnvelope, reply: Reply<Ack>): void;
}

/** What the server sends. */
export interface SocketIoServerEvents {
  /** A frame: the same as on every door. `cursor` is behind its last event. The watch is over after `run_complete`. */
  events(frame: { runId: string; cursor: Cursor; events: readonly RunEvent[] }): void;
  /** A watch that had begun came to an end before the run: it can be taken up again by its cursor. */
  failure(failure: { runId: string; error: ErrorBody }): void;
}
