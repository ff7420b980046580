import type { ModelCall, ScriptedModel } from "./scripted-model.js";

/** A review's text that ends in a verdict. */
export function approvingReview(approved: boolean): string {
  const findings = approved ? [] : [{ severity: "major", title: "No input check", detail: "Check the URL." }];
  return `Read with care.\n\n\`\`\`json\n${JSON.stringify({ approved, summary: "A review.", findings })}\n\`\`\`\n`;
}

export interface StreamOptions {
  /** Pieces of text in each answer that is not a review. */
  readonly tokens: number;
  /** Ms between two pieces. */
  readonly everyMs: number;
  /** The text of the n-th review, counted from 1. @default approves the first */
  readonly review?: (round: number) => string;
}

/** Answers every call of the build pipeline piece by piece. Returns the full texts by call number as they come to be. */
export function streamAnswers(model: ScriptedModel, options: StreamOptions): Map<number, string> {
  const texts = new Map<number, string>();
  let reviews = 0;
  const answer = (call: ModelCall) => {
    const pieces = isReview(call)
      ? (options.review?.(++reviews) ?? approvingReview(true)).split(/(?<=\s)/)
      : Array.from({ length: options.tokens }, (_, index) => `${call.number}.${index} 🧵 `);
    texts.set(call.number, pieces.join(""));
    const timer = setInterval(() => {
      const piece = pieces.shift();
      if (piece !== undefined) return call.write(piece);
      clearInterval(timer);
      call.end();
    }, options.everyMs);
    void call.closed.then(() => clearInterval(timer));
  };
  const serve = async () => {
    for (;;) answer(await model.next());
  };
  void serve();
  return texts;
}

/** True when the build pipeline asks for a review or a re-review. */
export function isReview(call: ModelCall): boolean {
  return call.system.includes("End the answer with the verdict");
}
