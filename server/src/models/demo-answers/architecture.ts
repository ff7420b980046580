/** The canned architecture. */
export const ARCHITECTURE = `# Architecture: a rate limiter for an HTTP server

## Goal

A client that sends too many requests is told to wait; everybody else notices nothing. The limiter lives inside one Node process and needs no service beside it. It does not limit across several processes, and it does not tell users apart behind one address.

## Requirements

1. Each client may send a burst of requests at once and regains requests at a steady rate.
2. A request beyond that is answered with \`429\` and a \`Retry-After\` that is long enough.
3. Clients do not affect one another.
4. Memory stays bounded however many clients there are. (derived)
5. A change of the system's clock changes nothing. (derived)
6. Options out of range are refused when the limiter is made. (derived)

## Assumptions

| Open in the task | Choice | Reason |
| --- | --- | --- |
| What is a client? | The address of the socket | Headers can be forged |
| Which algorithm? | Token bucket | Allows bursts, two numbers a client |
| Where is the state? | In memory | A restart forgives; nothing to run |

## Structure

| File | Responsible for | Depends on |
| --- | --- | --- |
| \`src/token-bucket.ts\` | The arithmetic of one client; pure | nothing |
| \`src/rate-limiter.ts\` | All clients: look-up, limits, clock | token-bucket |
| \`src/http.ts\` | Status and headers | rate-limiter |
| \`test/rate-limiter.test.ts\` | The cases below | rate-limiter |

\`\`\`mermaid
flowchart LR
  request([request]) --> http[http.ts]
  http -- check --> limiter[rate-limiter.ts]
  limiter -- take --> bucket[token-bucket.ts]
  http -- allowed --> handler([your handler])
  http -- too many --> refused([429 Retry-After])
\`\`\`

## Interfaces

\`\`\`ts
type Decision = { allowed: true } | { allowed: false; retryAfterMs: number };

interface RateLimiter {
  check(client: string): Decision;
}

function createRateLimiter(options: RateLimiterOptions): RateLimiter;
function limitRequests(limiter: RateLimiter, next: RequestListener): RequestListener;
\`\`\`

## Easy to get wrong

- **The clock**: a wall clock can be set back. A bucket that regains a negative number of requests locks its client out.
- **Memory**: an attacker with many addresses must not be able to fill the table.
- **Rounding**: \`Retry-After\` is in whole seconds. Rounded down, it invites clients to come back too early.

## Security

The address is taken from the socket, never from \`X-Forwarded-For\`. Behind a proxy the limiter belongs into the proxy.

## Tests

A burst and the request after it; regaining over time; two clients; more clients than fit; options out of range. The clock is passed in, so that no test waits.

## Alternatives

- **Fixed window counter**: simpler, but lets twice the limit through at the border of two windows.
- **A shared store**: right for several processes, and not asked for here.
`;

/** What the demo model "thinks" before it. */
export const ARCHITECTURE_REASONING = `This is the demo model's reasoning channel, canned like the answer. A reasoning model would think here before it writes. For the example: a limiter inside one process, so no shared store. Token bucket or fixed window? The window lets a double burst through at its border, so the bucket. What breaks such code in practice: clocks that jump, tables that grow, and rounding. These belong into the requirements, so that the review can hold the code against them.`;
