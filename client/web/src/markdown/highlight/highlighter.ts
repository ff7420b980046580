import { grammarName } from "./language-names";
import type { HighlightAnswer, HighlightRequest, TokenLine } from "./tokens";

/** The lines of each chunk that is coloured so far. */
export type Highlighted = readonly (readonly TokenLine[])[];

/** More code than this in one block stays without colours. */
const MAX_CODE_UNITS = 200_000;
/** How many coloured blocks are kept, so that going back to a step shows its colours at once. */
const KEPT_BLOCKS = 60;

const kept = new Map<string, Highlighted>();
const waiting = new Map<number, (answer: HighlightAnswer) => void>();
let worker: Worker | undefined;
let lastId = 0;

/**
 * Colours code in a worker, which is started for the first one. `onChange` is called with more of it each time, until
 * all chunks are there; never for a language that is not known. Returns the function that lets go of it.
 */
export function highlight(
  chunks: readonly string[],
  language: string,
  onChange: (so: Highlighted) => void,
): () => void {
  const name = grammarName(language);
  if (name === undefined || chunks.length === 0 || unitsOf(chunks) > MAX_CODE_UNITS) return () => {};
  const key = keyOf(chunks, name);
  const id = ++lastId;
  let done: Highlighted = [];
  waiting.set(id, ({ lines }) => {
    done = [...done, lines];
    if (done.length === chunks.length) {
      waiting.delete(id);
      keep(key, done);
    }
    onChange(done);
  });
  worker ??= startWorker();
  worker.postMessage({ id, language: name, chunks } satisfies HighlightRequest, []);
  return () => void waiting.delete(id);
}

/** The colours of code that had them before. */
export function recall(chunks: readonly string[], language: string): Highlighted | undefined {
  const name = grammarName(language);
  return name === undefined ? undefined : kept.get(keyOf(chunks, name));
}

function startWorker(): Worker {
  const started = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "highlight" });
  started.addEventListener("message", ({ data }: MessageEvent<HighlightAnswer>) => waiting.get(data.id)?.(data));
  return started;
}

function keep(key: string, lines: Highlighted): void {
  kept.set(key, lines);
  const oldest = kept.keys().next().value;
  if (kept.size > KEPT_BLOCKS && oldest !== undefined) kept.delete(oldest);
}

function keyOf(chunks: readonly string[], name: string): string {
  return `${name}\n${chunks.join("")}`;
}

function unitsOf(chunks: readonly string[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}
