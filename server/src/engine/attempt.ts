import { type EventBody, type RunView, StagewireError } from "@stagewire/shared";
import type { Message, ModelDriver, ModelResult, OnDelta } from "../models/types.js";
import type { Pipeline } from "../pipelines/types.js";
import { type Coalescer, createCoalescer } from "./coalescer.js";
import type { Step } from "./next-step.js";
import { buildPrompt } from "./prompt.js";

/** A command that ends the running step, on its way to the log. */
export interface Interruption {
  readonly control: EventBody & { readonly type: "control" };
  readonly outcome: "skipped" | "cancelled";
  /** True when the run ends with it. */
  readonly ends: boolean;
}

export interface AttemptOptions {
  readonly step: Step;
  /** The run as it stands when it is called: guidance may come while a retry waits. */
  readonly view: () => RunView;
  readonly pipeline: Pipeline;
  readonly model: ModelDriver;
  readonly modelName: string;
  /** The run's own signal. */
  readonly signal: AbortSignal;
  /** Called with tokens to append, never with an empty list. */
  readonly emit: (tokens: EventBody[]) => void;
}

/** One model call, interruptible at any moment. */
export interface Attempt {
  readonly step: Step;
  readonly modelName: string;
  readonly stream: Coalescer;
  /** Aborted as soon as the call is not wanted any more. */
  readonly signal: AbortSignal;
  /** The command that ends the step, if any; decided for good once {@link call} has settled. */
  readonly interruption: Interruption | undefined;
  /** What the model is asked; empty before {@link prepare}. */
  readonly messages: readonly Message[];
  /** Builds the prompt from the run as it stands. Never throws: a prompt that can't be built is what {@link call} fails with. */
  prepare(): void;
  /** Never rejects: what went wrong is in the answer. When it settles, the connection to the model is closed. */
  call(): Promise<{ ok: true; result: ModelResult } | { ok: false; error: unknown }>;
  /** Aborts the call for a command. Resolves once {@link settle} got a promise that resolved. */
  interrupt(interruption: Interruption): Promise<void>;
  /** Tells the one who interrupted how the commit went; without an interruption it does nothing. */
  settle(committed: Promise<void>): void;
  /** Aborts the call for an error, which it then ends with. */
  fail(error: Error): void;
  /** Ms from asking the model to its first piece of text; `undefined` until it came. */
  firstTokenMs(): number | undefined;
  /** Ms since the model was asked. */
  elapsedMs(): number;
  dispose(): void;
}

export function createAttempt(options: AttemptOptions): Attempt {
  const { step, view, pipeline, model, modelName, signal, emit } = options;
  const stream = createCoalescer(step, emit);
  const controller = new AbortController();
  const stop = () => controller.abort(signal.reason);
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  let startedAt = performance.now();
  let firstTokenMs: number | undefined;
  const elapsedMs = () => Math.round(performance.now() - startedAt);
  const push: OnDelta = (channel, text) => {
    firstTokenMs ??= elapsedMs();
    stream.push(channel, text);
  };
  let messages: readonly Message[] = [];
  let unprepared: unknown;
  let interruption: Interruption | undefined;
  let answer: { resolve: (committed: Promise<void>) => void; reject: (error: Error) => void } | undefined;

  return {
    step,
    modelName,
    stream,
    signal: controller.signal,
    get interruption() {
      return interruption;
    },
    get messages() {
      return messages;
    },
    prepare() {
      try {
        messages = buildPrompt(pipeline, view(), step);
      } catch (error) {
        unprepared = error ?? new Error("the prompt threw nothing");
      }
    },
    async call() {
      try {
        controller.signal.throwIfAborted();
        if (unprepared !== undefined) throw unprepared;
        startedAt = performance.now();
        const result = await model.generate({ model: modelName, messages, signal: controller.signal }, push);
        return { ok: true, result };
      } catch (error) {
        return { ok: false, error };
      }
    },
    interrupt(why) {
      interruption = why;
      const committed = new Promise<void>((resolve, reject) => {
        answer = { resolve, reject };
      });
      controller.abort(new Error(`The step was ${why.outcome}.`));
      return committed;
    },
    settle(committed) {
      answer?.resolve(committed);
    },
    fail(error) {
      controller.abort(error);
    },
    firstTokenMs: () => firstTokenMs,
    elapsedMs,
    dispose() {
      signal.removeEventListener("abort", stop);
      stream.drain();
      // Nobody hears it when the commit was told already.
      answer?.reject(new StagewireError("SHUTTING_DOWN", "The server stopped before it could act on this command."));
    },
  };
}
