/** Ms between two ticks that people can count in. */
const STEPS = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000].concat(
  [1, 2, 5, 10, 15, 30, 60, 120, 360, 720].map((minutes) => minutes * 60_000),
);

/** Ticks from 0 to `totalMs`, at most `most` of them, in ms. Pure. */
export function ticks(totalMs: number, most: number): number[] {
  const step =
    STEPS.find((candidate) => totalMs / candidate <= most) ?? Math.ceil(totalMs / most / 86_400_000) * 86_400_000;
  return Array.from({ length: Math.floor(totalMs / step) + 1 }, (_, index) => index * step);
}
