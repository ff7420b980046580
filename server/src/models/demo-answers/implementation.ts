import { projectFiles, renderFiles } from "./project.js";

const RUN = `**How to run it**

\`\`\`sh
npm test
\`\`\`

There is nothing to install: the code and its tests use only Node.`;

/** The canned implementation, which the canned review finds fault with. */
export const IMPLEMENTATION = `The arithmetic of one client is a pure function in \`src/token-bucket.ts\`. \`src/rate-limiter.ts\` keeps one bucket a client, and \`src/http.ts\` turns a decision into a response. Node runs the TypeScript as it is, so there is no build step.

${renderFiles(projectFiles(0))}

${RUN}
`;

/** The canned first refinement. */
export const REFINEMENT_1 = `**What changed**

1. *The table of clients grows without a limit*: \`maxClients\` bounds it; the client seen longest ago is forgotten first. Covered by "only maxClients clients are remembered".
2. *A clock that is set back locks clients out*: the default clock is now \`performance.now\`, which never goes back.
3. *Retry-After is rounded down*: it is rounded up.

${renderFiles(projectFiles(1))}

${RUN}
`;

/** The canned second refinement, which is approved. */
export const REFINEMENT_2 = `**What changed**

1. *\`maxClients\` is not checked*: like the other options it is now refused with a \`RangeError\` when it is not a whole number from 1. Covered by "options out of range are refused", which covers the other options too.

All other files are as they were.

${renderFiles(projectFiles(2))}

${RUN}
`;
