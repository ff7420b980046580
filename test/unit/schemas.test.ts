import {
  ackSchema,
  commandEnvelopeSchema,
  commandSchema,
  ERROR_CODES,
  EVENT_TYPES,
  isErrorCode,
  listInputSchema,
  MAX_REFINEMENTS,
  parseEvent,
  runEventSchema,
  runIdSchema,
  runOptionsSchema,
  runSummarySchema,
  startInputSchema,
  startResultSchema,
  StagewireError,
  toStagewireError,
  usageSchema,
  verdictSchema,
  type EventBody,
  type ErrorCode,
  type RunEvent,
  type RunEventType,
} from "@stagewire/shared";
import * as fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import type * as z from "zod";
import {
  arbitraryAck,
  arbitraryCommand,
  arbitraryEnvelope,
  arbitraryEvents,
  arbitraryListInput,
  arbitraryOptions,
  arbitraryStartInput,
  arbitraryStartResult,
  arbitrarySummary,
  arbitraryUsage,
  arbitraryVerdict,
} from "../support/arbitrary-messages.js";

const overTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const EVENT: RunEvent = { runId: "run", seq: 2, at: 1, type: "progress", phase: "waiting", elapsedMs: 0, message: "" };

const messages: [string, z.ZodType, fc.Arbitrary<object>][] = [
  ...Object.entries(arbitraryEvents).map(([type, arbitrary]): [string, z.ZodType, fc.Arbitrary<object>] => [
    `event ${type}`,
    runEventSchema,
    arbitrary,
  ]),
  ["command", commandSchema, arbitraryCommand],
  ["command envelope", commandEnvelopeSchema, arbitraryEnvelope],
  ["ack", ackSchema, arbitraryAck],
  ["options", runOptionsSchema, arbitraryOptions],
  ["start input", startInputSchema, arbitraryStartInput],
  ["start result", startResultSchema, arbitraryStartResult],
  ["list input", listInputSchema, arbitraryListInput],
  ["run summary", runSummarySchema, arbitrarySummary],
  ["usage", usageSchema, arbitraryUsage],
  ["verdict", verdictSchema, arbitraryVerdict],
];

describe.each(messages)("%s", (_name, schema, arbitrary) => {
  test("comes back from JSON as it was", () => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        expect(schema.parse(overTheWire(message))).toStrictEqual(message);
      }),
    );
  });

  test("refuses a field that is undefined: on the wire it is there or it is not", () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), (message, index) => {
        const keys = Object.keys(message);
        // `findings` has a default, for models that leave an empty list out.
        const key = keys[index % Math.max(1, keys.length)];
        fc.pre(key !== undefined && key !== "findings");
        expect(schema.safeParse({ ...message, [key]: undefined }).success).toBe(false);
      }),
    );
  });
});

const anyEvent = fc.oneof<fc.Arbitrary<RunEvent>[]>(...Object.values(arbitraryEvents));
const newKey = fc.constantFrom("somethingNew", "x-trace", "constructor", "0");

describe("what a later version adds", () => {
  test("fields of events are dropped", () => {
    fc.assert(
      fc.property(anyEvent, newKey, fc.jsonValue(), (event, key, value) => {
        expect(parseEvent(overTheWire({ ...event, [key]: value }))).toStrictEqual(event);
      }),
    );
  });

  test("fields of commands and acks are dropped", () => {
    fc.assert(
      fc.property(arbitraryEnvelope, arbitraryAck, newKey, fc.jsonValue(), (envelope, ack, key, value) => {
        const { command } = envelope;
        expect(
          commandEnvelopeSchema.parse({ ...envelope, [key]: value, command: { ...command, [key]: value } }),
        ).toStrictEqual(envelope);
        expect(ackSchema.parse({ ...ack, [key]: value })).toStrictEqual(ack);
      }),
    );
  });

  test("types of events give undefined", () => {
    fc.assert(
      fc.property(
        anyEvent,
        fc.oneof(fc.string(), fc.constantFrom("__proto__", "toString", "TOKEN", "")),
        (event, type) => {
          fc.pre(!EVENT_TYPES.has(type));
          expect(parseEvent(overTheWire({ ...event, type }))).toBeUndefined();
        },
      ),
    );
  });

  test("codes of errors are taken", () => {
    const error = {
      runId: "run",
      seq: 2,
      at: 1,
      type: "error",
      code: "NEW_CODE",
      message: "",
      retryable: false,
      fatal: false,
    };
    expect(parseEvent(error)).toEqual(error);
  });
});

describe("malformed messages", () => {
  test.each([undefined, null, 1, "token", [], {}, { type: 1 }, { type: null }, { ...EVENT, seq: 0 }])(
    "%j is no event",
    (value) => {
      expect(() => parseEvent(value)).toThrow();
    },
  );

  test.each<[string, object]>([
    ["seq 0", { seq: 0 }],
    ["a fraction as seq", { seq: 1.5 }],
    ["from 0", { from: 0 }],
    ["a run id with a slash", { runId: "a/b" }],
    ["an empty stage", { stage: "" }],
    ["a stage of 201 units", { stage: "s".repeat(201) }],
    ["a negative iteration", { iteration: -1 }],
    ["a fraction above 1", { fraction: 1.01 }],
    ["time that runs backwards", { elapsedMs: -1 }],
    ["an unknown phase", { phase: "dreaming" }],
    ["queue position 0", { queuePosition: 0 }],
    ["NaN", { elapsedMs: Number.NaN }],
  ])("an event with %s is refused", (_name, change) => {
    expect(runEventSchema.safeParse(EVENT).success).toBe(true);
    expect(runEventSchema.safeParse({ ...EVENT, ...change }).success).toBe(false);
  });

  test("unknown options are refused by name: one that is silently ignored would cost money", () => {
    fc.assert(
      fc.property(arbitraryOptions, fc.stringMatching(/^[a-z]{3,12}$/), fc.jsonValue(), (options, key, value) => {
        fc.pre(!Object.hasOwn(runOptionsSchema.shape, key));
        const result = runOptionsSchema.safeParse({ ...options, [key]: value });
        expect(result.error?.issues[0]).toMatchObject({ code: "unrecognized_keys", keys: [key] });
        expect(startInputSchema.safeParse({ task: "t", options: { ...options, [key]: value } }).success).toBe(false);
      }),
    );
  });
});

describe("limits, at the limit and one beyond", () => {
  const guide = (length: number) => ({ type: "guide", text: "x".repeat(length) });
  const cancel = (length: number) => ({ type: "cancel", when: "now", reason: "x".repeat(length) });
  const envelope = (length: number) => ({ commandId: "c".repeat(length), runId: "run", command: { type: "pause" } });
  const key = (length: number) => ({ task: "t", idempotencyKey: "k".repeat(length) });
  const gates = (length: number) => ({ gates: Array.from({ length }, () => "review") });

  test.each<[string, z.ZodType, unknown, unknown]>([
    ["guidance 1", commandSchema, guide(1), guide(0)],
    ["guidance 20,000", commandSchema, guide(20_000), guide(20_001)],
    ["cancel reason 2,000", commandSchema, cancel(2_000), cancel(2_001)],
    ["command id 1", commandEnvelopeSchema, envelope(1), envelope(0)],
    ["command id 128", commandEnvelopeSchema, envelope(128), envelope(129)],
    ["idempotency key 1", startInputSchema, key(1), key(0)],
    ["idempotency key 200", startInputSchema, key(200), key(201)],
    ["run id 1", runIdSchema, "r", ""],
    ["run id 64", runIdSchema, "r".repeat(64), "r".repeat(65)],
    ["run id in one line", runIdSchema, "run", "run\n"],
    ["refinements 0", runOptionsSchema, { maxRefinements: 0 }, { maxRefinements: -1 }],
    ["refinements 10", runOptionsSchema, { maxRefinements: MAX_REFINEMENTS }, { maxRefinements: MAX_REFINEMENTS + 1 }],
    ["budget in tokens", runOptionsSchema, { maxTokens: 1 }, { maxTokens: 0 }],
    ["budget in dollars", runOptionsSchema, { maxCostUsd: 0.000001 }, { maxCostUsd: 0 }],
    ["gates 100", runOptionsSchema, gates(100), gates(101)],
    ["list 1", listInputSchema, { limit: 1 }, { limit: 0 }],
    ["list 200", listInputSchema, { limit: 200 }, { limit: 201 }],
  ])("%s", (_name, schema, within, beyond) => {
    expect(schema.safeParse(within).success).toBe(true);
    expect(schema.safeParse(beyond).success).toBe(false);
  });
});

describe("types", () => {
  test("EVENT_TYPES are the types of RunEvent", () => {
    const types: Record<RunEventType, true> = {
      run_start: true,
      stage_start: true,
      token: true,
      progress: true,
      stage_complete: true,
      control: true,
      error: true,
      run_complete: true,
    };
    expect(EVENT_TYPES).toEqual(new Set(Object.keys(types)));
  });

  test("EventBody is a union that keeps each event's own fields and loses what the log adds", () => {
    type Body<T extends RunEventType> = Extract<EventBody, { type: T }>;
    expectTypeOf<EventBody["type"]>().toEqualTypeOf<RunEventType>();
    expectTypeOf<keyof EventBody & ("runId" | "seq" | "from" | "at")>().toEqualTypeOf<never>();
    expectTypeOf<Body<"token">["offset"]>().toEqualTypeOf<number>();
    expectTypeOf<keyof Body<"token">>().toEqualTypeOf<
      "type" | "stage" | "iteration" | "attempt" | "channel" | "offset" | "text"
    >();
    const body: EventBody = {
      type: "run_complete",
      outcome: "cancelled",
      usage: usageSchema.parse(USAGE),
      durationMs: 1,
    };
    expect(runEventSchema.parse({ runId: "run", seq: 9, at: 1, ...body })).toMatchObject(body);
  });

  test("a verdict without findings has none", () => {
    expect(verdictSchema.parse({ approved: true })).toStrictEqual({ approved: true, findings: [] });
  });
});

const USAGE = { promptTokens: 1, completionTokens: 2, estimated: false };

describe("errors", () => {
  const codes = Object.keys(ERROR_CODES) as ErrorCode[];

  test.each(codes)("%s has a status of an error and says whether to try again", (code) => {
    const { status, retryable } = ERROR_CODES[code];
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(new StagewireError(code, "m").retryable).toBe(retryable);
    expect(isErrorCode(code)).toBe(true);
  });

  test.each(["toString", "__proto__", "", "invalid_input", 1, undefined, null])("%j is no code", (value) => {
    expect(isErrorCode(value)).toBe(false);
  });

  test("whatever is thrown becomes one error that hides what it was, and keeps it as the cause", () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        const error = toStagewireError(thrown);
        expect(error.code).toBe("INTERNAL");
        expect(error.cause).toBe(thrown);
        expect(error.message).toBe(toStagewireError(undefined).message);
      }),
    );
    const own = new StagewireError("RUN_NOT_FOUND", "no such run", { retryAfterMs: 5 });
    expect(toStagewireError(own)).toBe(own);
    expect(own.retryAfterMs).toBe(5);
  });
});
