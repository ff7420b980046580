/** The canned documentation. */
export const DOCUMENTATION = `# Rate limiter

Keeps single clients of a Node HTTP server from sending too many requests. It works in memory, inside one process, without dependencies. It is not meant for a limit shared by several processes.

## Quick start

\`\`\`ts
import { createServer } from "node:http";
import { limitRequests } from "./src/http.ts";
import { createRateLimiter } from "./src/rate-limiter.ts";

const limiter = createRateLimiter({ burst: 20, perSecond: 5 });
createServer(limitRequests(limiter, (_request, response) => response.end("hello\\n"))).listen(8080);
\`\`\`

The first 20 requests of an address pass at once, then five a second. What is beyond that gets:

\`\`\`http
HTTP/1.1 429 Too Many Requests
Retry-After: 1
\`\`\`

## Options

| Option | Default | Meaning |
| --- | --- | --- |
| \`burst\` | – | Requests that may come at once; a whole number from 1 |
| \`perSecond\` | – | Requests regained per second; above 0 |
| \`maxClients\` | 10,000 | Clients remembered at once; a whole number from 1 |
| \`now\` | \`performance.now\` | The clock in ms; it must never go back |

A value out of range throws a \`RangeError\` when the limiter is made.

## How it works

Every client has a bucket that holds at most \`burst\` requests and fills at \`perSecond\`. A request takes one out; when less than one is left, it is refused. Buckets are brought up to date when they are used, so there is no timer. The arithmetic is in \`src/token-bucket.ts\` and pure; \`src/rate-limiter.ts\` keeps the buckets in the order in which they were last used.

## Operation

- Memory is bounded by \`maxClients\`. A client that was forgotten starts again with a full burst.
- A restart forgets everything.
- \`Retry-After\` is in whole seconds, rounded up.

## Security

A client is the address of its socket; \`X-Forwarded-For\` is ignored because clients can forge it. Behind a proxy all clients share the proxy's address: limit there.

## Development

\`npm test\` runs the tests with Node 22.18 or later. They cover bursts, regaining, independent clients, the bound on clients and the checks of the options. The clock is passed in, so no test waits. The HTTP part has no test of its own.
`;
