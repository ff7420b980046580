import { type CommandEnvelope, commandEnvelopeSchema } from "@stagewire/shared";
import type { Redis } from "ioredis";
import * as z from "zod";
import { runNotFound } from "../append-rules.js";
import type { Connection } from "./connection.js";

/** An open run that nothing was written to for a while. */
export interface SilentRun {
  readonly runId: string;
  /** Its newest epoch when it was looked for. */
  readonly epoch: number;
}

/** A command on its way to the server that keeps its run. */
export interface SentCommand {
  /** Its place among the commands of its run. */
  readonly id: string;
  /** `undefined` for what this version of stagewire can't read: a newer server sent it. */
  readonly envelope: CommandEnvelope | undefined;
  /** Who steers. */
  readonly by: string;
}

/**
 * What several servers on one log tell each other, in the same Redis. Every method rejects with `LOG_UNAVAILABLE`
 * while Redis is away.
 */
export interface ClusterStore {
  /** Begins every key, with the hash tag of the log. */
  readonly base: string;
  /** Open runs that nothing was written to for `ms` by Redis' clock, the longest first, from place `from` on. */
  silentRuns(ms: number, limit: number, from?: number): Promise<SilentRun[]>;
  /** Makes a run count as silent at once; one that was taken over under a newer epoch is left alone. */
  release(runId: string, epoch: number): Promise<void>;
  /** Keeps a command until {@link commandDone}, or until its run is closed. Rejects with `RUN_NOT_FOUND`. */
  sendCommand(envelope: CommandEnvelope, by: string): Promise<"kept" | "closed">;
  /** The next of the commands that nobody has dealt with, in the order in which they came; empty when there are no more. */
  commands(runId: string, afterId?: string): Promise<SentCommand[]>;
  commandDone(runId: string, id: string): Promise<void>;
  /** Runs that have such commands. */
  commandedRuns(): Promise<string[]>;
  /** Calls `listener` as soon as a command was sent to a run. It may be missed: {@link commandedRuns} tells all of them. */
  onCommand(listener: (runId: string) => void): void;
  /** Notes that these runs are being watched now. */
  tellWatched(runIds: readonly string[]): Promise<void>;
  /** Ms since a run was known to be watched anywhere. */
  lastWatched(runId: string): Promise<number | undefined>;
  /** True when the lease of this name is the owner's for the next `ms`. */
  lease(name: string, owner: string, ms: number): Promise<boolean>;
  endLease(name: string, owner: string): Promise<void>;
  /** A connection of its own, that waits for a lost Redis. Closed with the log. */
  connect(): Redis;
}

const sentSchema = z
  .string()
  .transform((json, context): unknown => {
    try {
      return JSON.parse(json);
    } catch {
      context.addIssue("This is no JSON.");
      return z.NEVER;
    }
  })
  .pipe(z.object({ envelope: commandEnvelopeSchema, by: z.string() }));

/** A command whose run is not kept by anybody for so long is given up. */
const COMMAND_TTL_MS = 7 * 86_400_000;
const WATCHED_TTL_MS = 86_400_000;

export function createClusterStore(connection: Connection, base: string): ClusterStore {
  const channel = `${base}:nudge`;
  return {
    base,
    async silentRuns(ms, limit, from = 0) {
      const found = (await connection.script("silent", ["", ms, limit, from])) as string[];
      return inPairs(found).map(([runId, epoch]) => ({ runId, epoch: Number(epoch) }));
    },
    async release(runId, epoch) {
      await connection.script("release", [runId, epoch]);
    },
    async sendCommand(envelope, by) {
      const { runId } = envelope;
      const kept = await connection.script("send", [runId, JSON.stringify({ envelope, by }), COMMAND_TTL_MS]);
      if (kept === -1) throw runNotFound(runId);
      return kept === 1 ? "kept" : "closed";
    },
    async commands(runId, afterId = "-") {
      const found = (await connection.script("commands", [runId, afterId])) as string[];
      return inPairs(found).map(([id, json]) => readCommand(id, json));
    },
    async commandDone(runId, id) {
      await connection.script("commandDone", [runId, id]);
    },
    commandedRuns: () => connection.send((redis) => redis.smembers(`${base}:commanded`)),
    onCommand(listener) {
      const redis = connection.blocking();
      redis.on("message", (_channel: string, runId: string) => listener(runId));
      // Again after each reconnect, by the client.
      redis.subscribe(channel).catch(() => {});
    },
    async tellWatched(runIds) {
      if (runIds.length > 0) await connection.script("watched", ["", WATCHED_TTL_MS, ...runIds]);
    },
    async lastWatched(runId) {
      const ms = Number(await connection.script("lastWatched", [runId]));
      return ms < 0 ? undefined : ms;
    },
    lease: async (name, owner, ms) => (await connection.script("lease", [name, owner, ms])) === 1,
    async endLease(name, owner) {
      await connection.script("endLease", [name, owner]);
    },
    connect: () => connection.blocking(),
  };
}

function readCommand(id: string, json: string): SentCommand {
  const { data } = sentSchema.safeParse(json);
  return { id, envelope: data?.envelope, by: data?.by ?? "" };
}

function inPairs(found: readonly string[]): [string, string][] {
  return Array.from({ length: found.length / 2 }, (_, pair) => [found[pair * 2] ?? "", found[pair * 2 + 1] ?? ""]);
}
