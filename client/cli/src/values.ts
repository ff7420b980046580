import { usageError } from "./errors.js";

/** A whole number within bounds. */
export function readNumber(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most))
    throw usageError(`--${name} is ${JSON.stringify(text)}, allowed ${least}–${most}`);
  return value;
}

/** An amount of dollars, more than nothing: `2`, `0.50`, `$0.50`. */
export function readDollars(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\$?\d*\.?\d+$/.test(text) ? Number(text.replace("$", "")) : Number.NaN;
  if (!(value > 0 && Number.isFinite(value)))
    throw usageError(`--${name} is ${JSON.stringify(text)}, allowed are amounts like 2 or 0.50`);
  return value;
}

/** One of `choices`. */
export function readChoice<Choice extends string>(
  name: string,
  text: string | undefined,
  choices: readonly Choice[],
): Choice | undefined {
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw usageError(`--${name} is ${JSON.stringify(text)}, allowed ${choices.join(", ")}`);
  return found;
}

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
/** The longest time that Node's timers can wait. */
const MOST_MS = 2 ** 31 - 1;

/** `90`, `90s`, `5m` or `1h`, in ms. */
export function readTimeMs(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const ms = match ? Number(match[1]) * UNITS[(match[2] ?? "s") as keyof typeof UNITS] : Number.NaN;
  if (!(ms > 0 && ms <= MOST_MS))
    throw usageError(`--${name} is ${JSON.stringify(text)}, allowed are times like 90, 90s, 5m or 1h`);
  return ms;
}

/** How many times faster than it was: `10`, `10x`, `0.5`. */
export function readSpeed(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d*\.?\d+[x×]?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (!(value >= 0.1 && value <= 1_000))
    throw usageError(`--${name} is ${JSON.stringify(text)}, allowed 0.1–1000, as 1, 10 or 60`);
  return value;
}
