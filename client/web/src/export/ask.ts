import type { CodeFile } from "@stagewire/client/documents";
import type { RunView } from "@stagewire/shared";

/** What can be made of a run, and as what it comes. */
export interface ExportAnswers {
  /** The whole run as markdown. */
  document: string;
  /** A zip archive of all there is. */
  archive: Uint8Array<ArrayBuffer>;
  /** What was built, from its blocks of code. */
  code: CodeFile[];
  /** A zip archive of that alone. */
  codeArchive: Uint8Array<ArrayBuffer>;
}

export interface ExportRequest {
  readonly kind: keyof ExportAnswers;
  readonly view: RunView;
}

/** Has it made beside the page. Rejects when that fails; an abort ends the work. */
export function ask<Kind extends keyof ExportAnswers>(
  kind: Kind,
  view: RunView,
  signal?: AbortSignal,
): Promise<ExportAnswers[Kind]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./export-worker.ts", import.meta.url), { type: "module" });
    const stop = () => {
      worker.terminate();
      reject(new Error("The export was no longer wanted."));
    };
    const end = () => {
      worker.terminate();
      signal?.removeEventListener("abort", stop);
    };
    worker.addEventListener("message", ({ data }: MessageEvent<ExportAnswers[Kind]>) => {
      end();
      resolve(data);
    });
    worker.addEventListener("error", ({ message }) => {
      end();
      reject(new Error(`The export failed${message ? `: ${message}` : "; reload the page and try again"}.`));
    });
    signal?.addEventListener("abort", stop, { once: true });
    worker.postMessage({ kind, view } satisfies ExportRequest, []);
  });
}
