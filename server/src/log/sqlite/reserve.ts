import { randomFillSync } from "node:crypto";
import { closeSync, ftruncateSync, openSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { StagewireError } from "@stagewire/shared";
import type { LogFull } from "../types.js";
import { sqliteCode } from "./errors.js";

/** Room on the data folder's disk that is kept for telling that the disk is full. */
export interface Reserve {
  /** See `RunLog.full`. */
  full(): LogFull | undefined;
  /**
   * True when a full disk is why a write failed with `error`. From then on the log counts as full, and the reserve is
   * given up for what is urgent.
   */
  blame(error: unknown): boolean;
  /** `shrink` gives back what the log can do without; called before each look for room. */
  watch(shrink: () => void): void;
  /** Ends the wait for room. */
  close(): void;
}

export interface ReserveOptions {
  /** The data folder. It exists. */
  readonly dir: string;
  readonly onFull?: OnFull | undefined;
}

/** Told once for each time that the disk is found full, and by which error. */
export type OnFull = (full: LogFull, cause: unknown) => void;

/** Bytes: some hundred runs can tell why they wait. */
const RESERVE_BYTES = 2 * 1_024 * 1_024;
/** Of a small disk it takes less … */
const SHARE_OF_DISK = 1 / 16;
/** … but so much at least, also where a file system does not tell its size. */
const LEAST_BYTES = 64 * 1_024;
/** So many reserves must be free before the log goes on: it needs room to work in, too. */
const ROOM = 2;
/** Ms from one look for room to the next. */
const LOOK = { first: 100, most: 5_000, factor: 1.5 };

/** A file with bytes that no file system can save: `runs.reserve`. On a disk that has no room for it there is none. */
export function createReserve({ dir, onFull }: ReserveOptions): Reserve {
  const file = join(dir, "runs.reserve");
  const size = Math.max(LEAST_BYTES, Math.min(RESERVE_BYTES, Math.floor(diskOf(dir).bytes * SHARE_OF_DISK)));
  let shrink: () => void = () => {};
  let full: LogFull | undefined;
  let settle: () => void = () => {};
  let timer: NodeJS.Timeout | undefined;

  /** True once the reserve is there, with as much free room beside it. */
  const take = (): boolean => {
    const { bytes: all, free } = diskOf(dir);
    if (all > 0 && free < size * ROOM) return false;
    try {
      const handle = openSync(file, "w", 0o600);
      try {
        const bytes = randomFillSync(Buffer.alloc(size));
        // Not asked but tried: a quota is not seen in what the disk says it has free.
        for (let count = 0; count < ROOM; count++) writeWhole(handle, bytes);
        ftruncateSync(handle, size);
        return true;
      } finally {
        closeSync(handle);
      }
    } catch {
      rmSync(file, { force: true });
      return false;
    }
  };
  const look = (afterMs: number) => {
    timer = setTimeout(() => {
      shrink();
      if (take()) over();
      else look(Math.min(afterMs * LOOK.factor, LOOK.most));
    }, afterMs).unref();
  };
  const over = () => {
    clearTimeout(timer);
    full = undefined;
    settle();
  };

  if (statSync(file, { throwIfNoEntry: false })?.size !== size) take();
  return {
    full: () => full,
    blame(error) {
      if (!isFull(error, dir)) return false;
      if (full) return true;
      rmSync(file, { force: true });
      full = {
        error: new StagewireError(
          "LOG_UNAVAILABLE",
          "The disk of the server's run log is full, so nothing can be stored and runs pause: free some room on it. They go on by themselves then; try again.",
        ),
        over: new Promise((resolve) => (settle = resolve)),
      };
      onFull?.(full, error);
      look(LOOK.first);
      return true;
    },
    watch(shrinks) {
      shrink = shrinks;
    },
    close: over,
  };
}

/** True when `error` says that the disk is full, or leaves it open and a write finds it so. */
function isFull(error: unknown, dir: string): boolean {
  if (isNoSpace(error)) return true;
  const code = sqliteCode(error) ?? "";
  if (code.startsWith("SQLITE_FULL")) return true;
  // A quota that is used up is one of them.
  if (!code.startsWith("SQLITE_IOERR") && !code.startsWith("SQLITE_CANTOPEN")) return false;
  const probe = join(dir, "runs.probe");
  try {
    const handle = openSync(probe, "w", 0o600);
    try {
      writeWhole(handle, randomFillSync(Buffer.alloc(64 * 1_024)));
      return false;
    } finally {
      closeSync(handle);
    }
  } catch (failure) {
    return isNoSpace(failure);
  } finally {
    rmSync(probe, { force: true });
  }
}

/** What a system call says on a full disk or a quota that is used up. */
export function isNoSpace(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOSPC" || code === "EDQUOT";
}

/** A disk that is nearly full takes a part of a write without an error. */
function writeWhole(handle: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at);
}

function diskOf(dir: string): { bytes: number; free: number } {
  const { bsize, blocks, bavail } = statfsSync(dir);
  return { bytes: bsize * blocks, free: bsize * bavail };
}
