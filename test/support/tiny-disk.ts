import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A disk that is soon full. */
export interface TinyDisk extends AsyncDisposable {
  readonly dir: string;
  /** Takes all the room that is left; again, also what became free since. */
  fill(): void;
  /** Gives it back. */
  free(): void;
}

/** Why this machine has no tiny disks, if it has none. */
export const NO_TINY_DISK = whyNot();

/** ` (skipped: …)` for the name of a test that needs one, where there is none. */
export const TINY_DISK_SKIP = NO_TINY_DISK === undefined ? "" : ` (skipped: ${NO_TINY_DISK})`;

/** A tmpfs of so many MiB. */
export function mountTinyDisk(mebibytes: number): TinyDisk {
  const dir = mkdtempSync(join(tmpdir(), "stagewire-disk-"));
  mount(dir, mebibytes);
  const filler = join(dir, "filler");
  const free = () => rmSync(filler, { force: true });
  return {
    dir,
    fill: () => fill(filler),
    free,
    async [Symbol.asyncDispose]() {
      unmount(dir);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function fill(file: string): void {
  const handle = openSync(file, "a");
  try {
    // In ever smaller pieces, until not a byte goes in.
    for (let size = 1 << 20; size >= 1; size >>= 1) {
      const bytes = Buffer.alloc(size, 1);
      try {
        while (writeSync(handle, bytes) === size);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      }
    }
  } finally {
    closeSync(handle);
  }
}

function whyNot(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux, to mount a tmpfs";
  const probe = mkdtempSync(join(tmpdir(), "stagewire-disk-"));
  try {
    mount(probe, 1);
    unmount(probe);
    return undefined;
  } catch {
    return "this root may not mount a tmpfs";
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

function mount(dir: string, mebibytes: number): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", dir], { stdio: "pipe" });
}

/** Lazily: libsql lets its files go only when its statements are garbage collected. */
function unmount(dir: string): void {
  execFileSync("umount", ["--lazy", dir], { stdio: "pipe" });
}
