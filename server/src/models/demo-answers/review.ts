import type { Verdict } from "@stagewire/shared";

const verdictBlock = (verdict: Verdict): string => `\`\`\`json\n${JSON.stringify(verdict, undefined, 2)}\n\`\`\`\n`;

/** The canned first review. */
export const REVIEW = `# Review

The structure follows the architecture, and the arithmetic is right and easy to test. Two requirements that the architecture derived are not met, and both would show in production.

| Requirement | Met | Where |
| --- | --- | --- |
| 1. Burst and steady rate | yes | \`take\` |
| 2. \`429\` with a sufficient \`Retry-After\` | **no** | \`limitRequests\` |
| 3. Clients are independent | yes | \`check\` |
| 4. Bounded memory | **no** | \`createRateLimiter\` |
| 5. Independent of the clock | **no** | \`createRateLimiter\` |
| 6. Options are checked | yes | \`createRateLimiter\` |

## Findings

**1. The table of clients grows without a limit (major).** \`buckets.set(client, bucket)\` is never matched by a \`delete\`. A scan over many addresses leaves one entry each, for ever.

**2. A clock that is set back locks clients out (major).** With \`Date.now\`, \`now - bucket.at\` is negative after a correction of the clock, and \`regained\` takes requests away. After an hour's correction a client waits for an hour.

**3. \`Retry-After\` is rounded down (minor).** With 800 ms left the client is told \`0\`, comes back at once and is refused again. The architecture asks for a value that is long enough.

${verdictBlock({
  approved: false,
  summary: "Sound structure, but memory is unbounded and the wall clock can lock clients out.",
  findings: [
    {
      severity: "major",
      title: "The table of clients grows without a limit",
      detail:
        "Every new address adds an entry that is never removed. Bound the table and forget the client seen longest ago.",
      where: "src/rate-limiter.ts, createRateLimiter",
    },
    {
      severity: "major",
      title: "A clock that is set back locks clients out",
      detail: "A negative difference takes requests away. Use a clock that never goes back, such as performance.now.",
      where: "src/rate-limiter.ts, createRateLimiter",
    },
    {
      severity: "minor",
      title: "Retry-After is rounded down",
      detail: "800 ms become 0 s, and the client is refused again. Round up.",
      where: "src/http.ts, limitRequests",
    },
  ],
})}`;

/** The canned review of refinement 1. */
export const REVIEW_1 = `# Review of refinement 1

| Earlier finding | State | By |
| --- | --- | --- |
| 1. Unbounded table | mended | \`maxClients\`, deletion of the first key, a test |
| 2. Clock set back | mended | \`performance.now\` |
| 3. \`Retry-After\` rounded down | mended | \`Math.ceil\` |

Nothing that worked before was broken. The revision itself brings one new point:

**\`maxClients\` is not checked (minor).** \`burst\` and \`perSecond\` are refused when they are out of range; the new option is not. With \`NaN\` the comparison \`buckets.size > maxClients\` is never true, and the table is unbounded again. This makes requirement 6 untrue, so it stands in the way.

${verdictBlock({
  approved: false,
  summary: "All earlier findings are mended; the new option maxClients is not checked, against requirement 6.",
  findings: [
    {
      severity: "minor",
      title: "maxClients is not checked",
      detail:
        "NaN or 0 is accepted, and NaN removes the bound. Refuse it like the other options, and test all of them.",
      where: "src/rate-limiter.ts, createRateLimiter",
    },
  ],
})}`;

/** The canned review of refinement 2 and of every later one. */
export const REVIEW_2 = `# Review of the last refinement

| Earlier finding | State | By |
| --- | --- | --- |
| \`maxClients\` is not checked | mended | \`RangeError\` in \`createRateLimiter\`, a test with \`0\` and \`NaN\` |

The other files are unchanged. All six requirements are met, and every option has a test that would fail without its check. The HTTP part has no test of its own; it is short enough to read. I would merge this.

${verdictBlock({ approved: true, summary: "All findings are mended and tested; all requirements are met.", findings: [] })}`;

/** What the demo model "thinks" before the first review. */
export const REVIEW_REASONING = `Canned reasoning of the demo model. Going through the requirements one by one: burst and rate are in take. Independence: one bucket a client. Bounded memory: where is an entry removed? Nowhere. The clock: Date.now can go back, and then regained is negative. Retry-After: floor of 0.8 is 0.`;
