import { formatCursor, parseCursor, START_CURSOR } from "@stagewire/shared";
import * as fc from "fast-check";
import { expect, test } from "vitest";

const unit16 = fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units));
const part = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 999_999_999_999_999 }), fc.nat(100));

test("every position comes back from its cursor", () => {
  fc.assert(
    fc.property(part, part, (epoch, seq) => {
      expect(parseCursor(formatCursor({ epoch, seq }))).toEqual({ epoch, seq });
    }),
  );
});

test("what parses is written the same way again, so one position has one cursor", () => {
  const nearly = fc.stringMatching(/^[0-9-]{1,8}$/);
  fc.assert(
    fc.property(nearly, (text) => {
      const position = parseCursor(text);
      fc.pre(position !== undefined);
      expect(formatCursor(position)).toBe(text);
    }),
  );
});

test("reading never throws, whatever it is given", () => {
  fc.assert(
    fc.property(unit16, (text) => {
      const position = parseCursor(text);
      expect(position === undefined || Number.isSafeInteger(position.seq)).toBe(true);
    }),
  );
});

test("the start cursor is before the first event", () => {
  expect(parseCursor(START_CURSOR)).toEqual({ epoch: 0, seq: 0 });
});

test.each([
  "",
  "-",
  "1",
  "1-",
  "-1",
  "1-2-3",
  "01-2",
  "1-02",
  "1--2",
  "+1-2",
  "1.0-2",
  "1e3-2",
  "0x1-2",
  " 1-2",
  "1-2 ",
  "1-2\n",
  "1\u0000-2",
  "١-٢",
  "9007199254740993-1",
  "1-9007199254740993",
])("%j is malformed", (text) => {
  expect(parseCursor(text)).toBeUndefined();
});
