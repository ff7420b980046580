import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ChaosConfig, ErrorResponse, FixtureOpts, TextResponse } from "@copilotkit/aimock";

/** What aimock answers to a request whose system, or else user, message holds `when`; without `when` to every request. */
export interface AimockAnswer extends Pick<
  FixtureOpts,
  "chunkSize" | "streamingProfile" | "truncateAfterChunks" | "latency" | "chaos"
> {
  /** `time` 0 is the first request that fits, 1 the second; without it every one. */
  readonly when?: { readonly system?: string; readonly user?: string; readonly time?: number };
  readonly response: TextResponse | ErrorResponse;
}

/** An OpenAI-compatible server of another project, in a process of its own. */
export interface AimockProcess extends AsyncDisposable {
  /** What `OPENAI_BASE_URL` would be. */
  readonly baseUrl: string;
  /** Chat requests that it answered so far. */
  requestCount(): Promise<number>;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Runs in the other process: it takes the answers as a message and sends its address back. */
const SCRIPT = `
  import { LLMock } from "@copilotkit/aimock";
  process.once("message", async ({ answers, apiKeys, chaos }) => {
    const mock = new LLMock({ host: "127.0.0.1", port: 0, journalMaxEntries: 100_000, ...(apiKeys && { auth: { apiKeys } }), ...(chaos && { chaos }) });
    for (const { when = {}, response, ...opts } of answers) {
      const match = { endpoint: "chat", ...(when.system && { systemMessage: when.system }), ...(when.user && { userMessage: when.user }), ...(when.time !== undefined && { sequenceIndex: when.time }) };
      mock.on(match, response, opts);
    }
    const url = await mock.start();
    process.on("message", () => process.send({ count: mock.getRequests().filter(({ path }) => path.endsWith("/chat/completions")).length }));
    process.on("disconnect", () => process.exit());
    process.send({ url });
  });
`;

/**
 * Starts it with these answers; the first that fits a request is given. With `apiKeys` it refuses every other key, with
 * `chaos` it fails at random.
 */
export async function startAimock(
  answers: readonly AimockAnswer[],
  { apiKeys, chaos }: { apiKeys?: readonly string[]; chaos?: ChaosConfig } = {},
): Promise<AimockProcess> {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", SCRIPT], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const { url } = (await ask(child, { answers, apiKeys, chaos })) as { url: string };
  return {
    baseUrl: `${url}/v1`,
    requestCount: async () => ((await ask(child, {})) as { count: number }).count,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

async function ask(child: ChildProcess, message: object): Promise<unknown> {
  const stop = new AbortController();
  try {
    child.send(message);
    const exit = once(child, "exit", stop).then(([code]) => {
      throw new Error(`aimock ended with code ${String(code)} instead of answering`);
    });
    exit.catch(() => undefined);
    const [answer] = (await Promise.race([once(child, "message", stop), exit])) as [unknown];
    return answer;
  } finally {
    stop.abort();
  }
}
