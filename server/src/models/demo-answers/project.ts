/** One file of the worked example that the canned answers are about. */
export interface DemoFile {
  readonly path: string;
  readonly language: string;
  readonly content: string;
}

/** The example before its review, and after its first and second refinement. */
export type Version = 0 | 1 | 2;

/** All files of the example in one version. */
export function projectFiles(version: Version): DemoFile[] {
  return [
    { path: "package.json", language: "json", content: MANIFEST },
    { path: "src/token-bucket.ts", language: "ts", content: TOKEN_BUCKET },
    { path: "src/rate-limiter.ts", language: "ts", content: LIMITERS[version] },
    { path: "src/http.ts", language: "ts", content: version === 0 ? HTTP_ROUNDS_DOWN : HTTP },
    { path: "test/rate-limiter.test.ts", language: "ts", content: TESTS[version] },
  ];
}

/** Files as the prompts ask for them: the path in backticks, then a fence. */
export function renderFiles(files: readonly DemoFile[]): string {
  return files
    .map(({ path, language, content }) => `\`${path}\`\n\n\`\`\`${language}\n${content}\n\`\`\``)
    .join("\n\n");
}

const MANIFEST = `{
  "name": "rate-limiter",
  "private": true,
  "type": "module",
  "engines": { "node": ">=22.18" },
  "scripts": { "test": "node --test test/*.test.ts" }
}`;

const TOKEN_BUCKET = `/** How much one client may do. */
export interface Allowance {
  /** Requests that may come at once. */
  readonly burst: number;
  /** Requests regained per second. */
  readonly perSecond: number;
}

export interface Bucket {
  tokens: number;
  /** Ms on the limiter's clock. */
  at: number;
}

export type Decision = { allowed: true } | { allowed: false; retryAfterMs: number };

/** Brings the bucket up to date and takes one request out of it. */
export function take(bucket: Bucket, { burst, perSecond }: Allowance, now: number): Decision {
  const regained = ((now - bucket.at) / 1000) * perSecond;
  bucket.tokens = Math.min(burst, bucket.tokens + regained);
  bucket.at = now;
  if (bucket.tokens < 1) {
    return { allowed: false, retryAfterMs: ((1 - bucket.tokens) / perSecond) * 1000 };
  }
  bucket.tokens -= 1;
  return { allowed: true };
}`;

const LIMITER_HEAD = `import { take, type Allowance, type Bucket, type Decision } from "./token-bucket.ts";

export interface RateLimiter {
  /** Counts one request of the client. */
  check(client: string): Decision;
}`;

const CHECKS = `  if (!Number.isInteger(burst) || burst < 1) throw new RangeError("burst: a whole number from 1");
  if (!(perSecond > 0 && perSecond < Infinity)) throw new RangeError("perSecond: a number above 0");`;

const LIMITER_0 = `${LIMITER_HEAD}

export interface RateLimiterOptions extends Allowance {
  /** The clock, in ms. */
  readonly now?: () => number;
}

export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { burst, perSecond, now = Date.now } = options;
${CHECKS}
  const buckets = new Map<string, Bucket>();

  return {
    check(client) {
      const at = now();
      let bucket = buckets.get(client);
      if (bucket === undefined) {
        bucket = { tokens: burst, at };
        buckets.set(client, bucket);
      }
      return take(bucket, options, at);
    },
  };
}`;

const boundedLimiter = (checks: string): string => `${LIMITER_HEAD}

export interface RateLimiterOptions extends Allowance {
  /** Clients remembered at once; beyond it, the one seen longest ago is forgotten. */
  readonly maxClients?: number;
  /** The clock, in ms. It must never go back. */
  readonly now?: () => number;
}

export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { burst, perSecond, maxClients = 10_000, now = () => performance.now() } = options;
${checks}
  // A Map keeps the order of insertion, so its first key is the client seen longest ago.
  const buckets = new Map<string, Bucket>();

  return {
    check(client) {
      const at = now();
      const bucket = buckets.get(client) ?? { tokens: burst, at };
      buckets.delete(client);
      buckets.set(client, bucket);
      if (buckets.size > maxClients) {
        const oldest = buckets.keys().next();
        if (!oldest.done) buckets.delete(oldest.value);
      }
      return take(bucket, options, at);
    },
  };
}`;

const CHECK_CLIENTS = `  if (!Number.isInteger(maxClients) || maxClients < 1) throw new RangeError("maxClients: a whole number from 1");`;

const LIMITERS = [LIMITER_0, boundedLimiter(CHECKS), boundedLimiter(`${CHECKS}\n${CHECK_CLIENTS}`)] as const;

const http = (round: string): string => `import type { RequestListener } from "node:http";
import type { RateLimiter } from "./rate-limiter.ts";

/** Passes on what the limiter allows and answers the rest with 429. */
export function limitRequests(limiter: RateLimiter, next: RequestListener): RequestListener {
  return (request, response) => {
    const decision = limiter.check(request.socket.remoteAddress ?? "unknown");
    if (decision.allowed) {
      next(request, response);
      return;
    }
    const seconds = Math.${round}(decision.retryAfterMs / 1000);
    response.writeHead(429, { "Retry-After": String(seconds), "Content-Type": "text/plain" });
    response.end("Too many requests: try again in " + seconds + " s.\\n");
  };
}`;

const HTTP_ROUNDS_DOWN = http("floor");
const HTTP = http("ceil");

const TEST_0 = `import assert from "node:assert/strict";
import { test } from "node:test";
import { createRateLimiter } from "../src/rate-limiter.ts";

test("a burst passes, the next request does not", () => {
  const limiter = createRateLimiter({ burst: 2, perSecond: 1, now: () => 0 });
  assert.deepEqual(limiter.check("a"), { allowed: true });
  assert.deepEqual(limiter.check("a"), { allowed: true });
  assert.deepEqual(limiter.check("a"), { allowed: false, retryAfterMs: 1000 });
});

test("time gives requests back", () => {
  let now = 0;
  const limiter = createRateLimiter({ burst: 1, perSecond: 2, now: () => now });
  limiter.check("a");
  now = 500;
  assert.deepEqual(limiter.check("a"), { allowed: true });
});

test("clients do not share an allowance", () => {
  const limiter = createRateLimiter({ burst: 1, perSecond: 1, now: () => 0 });
  limiter.check("a");
  assert.deepEqual(limiter.check("b"), { allowed: true });
});`;

const TEST_1 = `${TEST_0}

test("only maxClients clients are remembered", () => {
  const limiter = createRateLimiter({ burst: 1, perSecond: 1, maxClients: 2, now: () => 0 });
  for (const client of ["a", "b", "c"]) limiter.check(client);
  assert.equal(limiter.check("c").allowed, false);
  assert.equal(limiter.check("a").allowed, true);
});`;

const TEST_2 = `${TEST_1}

test("options out of range are refused", () => {
  const good = { burst: 1, perSecond: 1 };
  for (const bad of [{ burst: 0 }, { perSecond: 0 }, { maxClients: 0 }, { maxClients: NaN }]) {
    assert.throws(() => createRateLimiter({ ...good, ...bad }), RangeError);
  }
});`;

const TESTS = [TEST_0, TEST_1, TEST_2] as const;
