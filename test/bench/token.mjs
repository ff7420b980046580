/** Every token of the benchmark begins with this, and nothing else on the wire holds it: tokens are counted by it. */
const MARK = "~";
const MARK_BYTE = MARK.charCodeAt(0);
const DAY_MS = 86_400_000;
/** The part of a millisecond that a token's time is exact to. */
const TICKS = 10;

/** One clock for all processes of this machine, in ms. */
export function now() {
  return performance.timeOrigin + performance.now();
}

/** A token that says when it was written, about as long as a real one. */
export function stampedToken() {
  return MARK + Math.round((now() % DAY_MS) * TICKS).toString(36);
}

/** The n-th token of a stream that says nothing of time. */
export function plainToken(n) {
  return MARK + (46_656 + (n % 46_656)).toString(36);
}

/** How many tokens a message holds. */
export function countTokens(buffer) {
  return countByte(buffer, MARK_BYTE);
}

function countByte(buffer, byte) {
  let count = 0;
  for (let at = buffer.indexOf(byte); at !== -1; at = buffer.indexOf(byte, at + 1)) count++;
  return count;
}

/** How often `needle` is in a message. */
export function countOf(buffer, needle) {
  let count = 0;
  for (let at = buffer.indexOf(needle); at !== -1; at = buffer.indexOf(needle, at + needle.length)) count++;
  return count;
}

/** Ms from the writing of each stamped token in `text` until `at`. */
export function ages(text, at) {
  const today = at % DAY_MS;
  return Array.from(text.matchAll(/~([0-9a-z]+)/g), ([, stamp]) => {
    const age = today - Number.parseInt(stamp, 36) / TICKS;
    return age < -DAY_MS / 2 ? age + DAY_MS : age;
  });
}
