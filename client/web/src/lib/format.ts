import { timeZone } from "./time-zone";

const HALF_A_YEAR_MS = 183 * 24 * 3_600_000;
const HOUR_AND_MINUTE = { hour: "2-digit", minute: "2-digit" } as const;
const timeOfDay = byZone(HOUR_AND_MINUTE);
const TO_THE_SECOND = { ...HOUR_AND_MINUTE, second: "2-digit" } as const;
const toTheSecond = byZone(TO_THE_SECOND);
const toTheMillisecond = byZone({ ...TO_THE_SECOND, fractionalSecondDigits: 3 });
const dayAndTime = byZone({ day: "numeric", month: "short", ...HOUR_AND_MINUTE });
const yearDayAndTime = byZone({ year: "numeric", day: "numeric", month: "short", ...HOUR_AND_MINUTE });
const exactTime = byZone({ dateStyle: "full", timeStyle: "long" });
const dayOnly = byZone({ dateStyle: "short" });

/** `02:14`, `1:02:14`. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const pad = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${pad(Math.floor((seconds % 3600) / 60))}:${pad(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** `0.8 s`, `12 s`, `2 min 14 s`. Whole seconds are those that have passed, so that it agrees with `formatClock`. */
export function formatDuration(ms: number): string {
  const tenths = Math.floor(Math.max(0, ms) / 100);
  if (tenths < 100) return `${(tenths / 10).toFixed(1)} s`;
  const whole = Math.floor(tenths / 10);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** `about 40 s`: rounded, since it is an estimate. */
export function formatEta(ms: number): string {
  if (ms < 5_000) return "a few seconds";
  if (ms < 90_000) return `about ${Math.ceil(ms / 5_000) * 5} s`;
  return `about ${Math.round(ms / 60_000)} min`;
}

/** `12,345`. */
export function formatCount(value: number): string {
  return Math.round(value)
    .toFixed()
    .replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** Makes the browser load its locale and time zone data, which takes it some ms, before a time has to be shown. */
export function warmFormats(): void {
  formatWhen(Date.now());
}

/** `$1.20`; what is less than a cent with as many digits as it takes to see it. In US dollars. */
export function formatCost(usd: number): string {
  const digits = usd === 0 || usd >= 0.01 ? 2 : usd >= 0.0001 ? 4 : 6;
  return `$${usd.toFixed(digits)}`;
}

/** `2,688`; an estimate is known to two digits at most: `about 740`. */
export function formatTokens(value: number, estimated: boolean): string {
  if (!estimated || value === 0) return formatCount(value);
  return `about ${formatCount(Number(value.toPrecision(2)))}`;
}

/** `1 token`, `about 740 tokens`. */
export function pluralTokens(value: number, estimated: boolean): string {
  return `${formatTokens(value, estimated)} ${value === 1 ? "token" : "tokens"}`;
}

/** `1 token`, `2 tokens`. */
export function plural(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${Math.round(value) === 1 ? "" : "s"}`;
}

/** The time of day; with the date unless that is today, and with the year unless it is this one. Unix ms. */
export function formatWhen(at: number, now = Date.now()): string {
  const zone = timeZone.get();
  const sameDay = dayOnly[zone].format(at) === dayOnly[zone].format(now);
  const near = Math.abs(now - at) < HALF_A_YEAR_MS;
  const text = (sameDay ? timeOfDay : near ? dayAndTime : yearDayAndTime)[zone].format(at);
  return zone === "utc" ? `${text} UTC` : text;
}

/** The time of day to the second. Unix ms. */
export function formatTime(at: number): string {
  const zone = timeZone.get();
  const text = toTheSecond[zone].format(at);
  return zone === "utc" ? `${text} UTC` : text;
}

/** The time of day to the millisecond, without the zone: for columns. Unix ms. */
export function formatMillisecond(at: number): string {
  return toTheMillisecond[timeZone.get()].format(at);
}

/** Date, time to the second and zone, for where there is room. Unix ms. */
export function formatExact(at: number): string {
  return exactTime[timeZone.get()].format(at);
}

/** The title that a task's first line makes. */
export function taskTitle(task: string): string {
  const line = task.trim().split("\n", 1)[0] ?? "";
  return line.length > 120 ? `${line.slice(0, 119).trimEnd()}…` : line;
}

/** The same format in both zones that the reader can choose. Each takes a ms to make, so none is made before its use. */
function byZone(options: Intl.DateTimeFormatOptions): Record<"local" | "utc", Intl.DateTimeFormat> {
  const made: { local?: Intl.DateTimeFormat; utc?: Intl.DateTimeFormat } = {};
  return {
    get local() {
      return (made.local ??= new Intl.DateTimeFormat(undefined, options));
    },
    get utc() {
      return (made.utc ??= new Intl.DateTimeFormat(undefined, { ...options, timeZone: "UTC" }));
    },
  };
}
