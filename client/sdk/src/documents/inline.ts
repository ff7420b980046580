/** Any text as one line of markdown that means nothing but itself. */
export function inline(text: string): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .replace(/[\\`*_[\]<>#|~&]/g, "\\$&");
}

/** `2026-11-22 17:38:11 UTC`: the same for every reader. Unix ms. */
export function utcTime(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "an unknown time" : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** `4 min 12 s`, `0.8 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = `${Math.floor((whole % 3600) / 60)} min ${whole % 60} s`;
  if (whole < 60) return `${whole} s`;
  return hours > 0 ? `${hours} h ${minutes}` : minutes;
}

/** `$0.0123`: four significant figures below a dollar, cents above. */
export function dollars(usd: number): string {
  return `$${usd >= 1 ? usd.toFixed(2) : Number(usd.toPrecision(4)).toString()}`;
}
