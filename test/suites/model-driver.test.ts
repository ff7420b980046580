import { createServer } from "node:http";
import { describe, expect, test, vi } from "vitest";
import { configSchema } from "../../server/src/config/schema.js";
import { createModel } from "../../server/src/models/index.js";
import { startAimock } from "../support/aimock-process.js";
import { delta, driver, failure, KEY, listen, run, sse, upstream } from "../support/upstream.js";

describe("against a server of another project", () => {
  const text = "Größe: 10 µm 🚀👩‍👩‍👧 「漢字」\n\n```ts\nconst a = `${b}`;\n```\n\u0000\u2028 end";

  test("every token arrives, with surrogate pairs split over chunks, reasoning apart, and the usage", async () => {
    await using server = await startAimock([
      {
        response: { content: text, reasoning: "🧠 thinking", usage: { prompt_tokens: 11, completion_tokens: 7 } },
        chunkSize: 1,
      },
    ]);
    const got = await run(driver(server.baseUrl));
    expect(got.output).toBe(text);
    expect(got.reasoning).toBe("🧠 thinking");
    expect(got.pieces.length).toBe(text.length + "🧠 thinking".length);
    expect(got).toMatchObject({ finish: "stop", usage: { promptTokens: 11, completionTokens: 7, estimated: false } });
    expect(await server.requestCount()).toBe(1);
  });

  test("a stream that it cuts off is told apart from a whole one", async () => {
    await using server = await startAimock([
      { response: { content: text }, chunkSize: 2, truncateAfterChunks: 5, latency: 10 },
    ]);
    const error = await failure(run(driver(server.baseUrl)));
    expect(error).toMatchObject({ code: "MODEL_STREAM_CUT", retryable: true });
    expect(await server.requestCount()).toBe(1);
  });

  test("a rate limit says when to come back, and nothing is retried by the driver", async () => {
    await using server = await startAimock([
      { response: { error: { message: "slow down" }, status: 429, retryAfter: 7 } },
    ]);
    const error = await failure(run(driver(server.baseUrl)));
    expect(error).toMatchObject({ code: "MODEL_RATE_LIMITED", retryAfterMs: 7_000 });
    expect(error.message).toContain("slow down");
    expect(await server.requestCount()).toBe(1);
  });

  test("a wrong key is refused", async () => {
    await using server = await startAimock([{ response: { content: "x" } }], { apiKeys: ["another-key"] });
    const error = await failure(run(driver(server.baseUrl)));
    expect(error.code).toBe("MODEL_AUTH");
    expect(error.message).toBe(
      `the server at ${server.baseUrl} refused key …9f2a (401): replace it in the environment (OPENAI_API_KEY)`,
    );
  });
});

describe("what a server may send", () => {
  test.each(["reasoning_content", "reasoning"])("reasoning as `%s`", async (field) => {
    await using server = await upstream((_request, response) => {
      sse(
        response,
        delta({ role: "assistant", [field]: "why" }),
        delta({ content: "what" }),
        delta({}, "stop"),
        "[DONE]",
      );
      response.end();
    });
    expect((await run(driver(server.baseUrl))).pieces).toEqual([
      ["reasoning", "why"],
      ["output", "what"],
    ]);
  });

  test("usage with cached and reasoning tokens, in a last event of its own", async () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 8 },
      completion_tokens_details: { reasoning_tokens: 3 },
    };
    await using server = await upstream((_request, response) => {
      sse(response, delta({ content: "a" }, "length"), { choices: [], usage }, "[DONE]");
      response.end();
    });
    expect(await run(driver(server.baseUrl))).toMatchObject({
      finish: "length",
      usage: { promptTokens: 10, completionTokens: 5, cachedTokens: 8, reasoningTokens: 3, estimated: false },
    });
  });

  test("an empty answer that is finished, pings, comments, empty deltas, and a connection lost after the end", async () => {
    await using server = await upstream((_request, response) => {
      sse(response, { type: "ping" }, delta({ role: "assistant", content: "" }));
      response.write(": still here\n\n");
      sse(response, delta({ content: null }), delta({}, "stop"));
      setImmediate(() => response.destroy());
    });
    const { finish, pieces, usage } = await run(driver(server.baseUrl));
    expect({ finish, pieces, usage }).toEqual({ finish: "stop", pieces: [], usage: undefined });
  });

  test("bytes of one character in separate packets", async () => {
    await using server = await upstream((_request, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      const bytes = Buffer.from(`data: ${JSON.stringify(delta({ content: "é漢🚀" }, "stop"))}\n\n`);
      const next = (at: number): void => {
        if (at === bytes.length) response.end();
        else response.write(bytes.subarray(at, at + 1), () => setImmediate(next, at + 1));
      };
      next(0);
    });
    expect((await run(driver(server.baseUrl))).output).toBe("é漢🚀");
  });

  test("a server that refuses `stream_options` is asked again without, and from then on at once", async () => {
    const asked: boolean[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => {
        asked.push("stream_options" in (JSON.parse(body) as object));
        if (asked.at(-1)) {
          response.writeHead(400, { "Content-Type": "application/json" });
          response.end(JSON.stringify({ error: { message: "unknown field stream_options" } }));
        } else {
          sse(response, delta({ content: "ok" }, "stop"));
          response.end();
        }
      });
    });
    await using at = await listen(server, () => server.closeAllConnections());
    const model = driver(at.baseUrl);
    expect((await run(model)).output).toBe("ok");
    expect((await run(model)).output).toBe("ok");
    expect(asked).toEqual([true, false, false]);
  });
});

describe("settings", () => {
  const echo = () =>
    upstream((request, response) => {
      if (request.method === "GET") {
        response.setHeader("Content-Type", "application/json");
        response.end(JSON.stringify({ data: [{ id: "first" }, { id: "second" }] }));
        return;
      }
      const { authorization = "none", "openai-organization": organization = "none" } = request.headers;
      sse(response, delta({ content: `${authorization} ${String(organization)} ${request.url ?? ""}` }, "stop"));
      response.end();
    });
  const config = (input: object) => configSchema.parse(input);

  test("nothing of the environment's OPENAI_ variables is used, and without a key none is sent", async () => {
    vi.stubEnv("OPENAI_API_KEY", "sk-from-the-environment");
    vi.stubEnv("OPENAI_ORG_ID", "org");
    vi.stubEnv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1");
    try {
      await using server = await echo();
      await using model = await createModel(config({ openaiBaseUrl: `${server.baseUrl}?version=2`, model: "m" }));
      expect((await run(model)).output).toBe("none none /v1/chat/completions?version=2");
      expect(model.info).toEqual({ kind: "openai", name: "m", baseUrl: server.baseUrl });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test("a base URL alone: the first model that the server offers", async () => {
    await using server = await echo();
    await using model = await createModel(config({ openaiBaseUrl: server.baseUrl }));
    expect(model.info.name).toBe("first");
  });

  test("a base URL alone, and no list of models", async () => {
    await using server = await upstream((_request, response) => response.writeHead(404).end());
    const error = await failure(createModel(config({ openaiBaseUrl: server.baseUrl })));
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toContain("set STAGEWIRE_MODEL");
  });

  test("a key alone: OpenAI and its default model; nothing is asked", async () => {
    await using model = await createModel(config({ openaiApiKey: KEY }));
    expect(model.info).toEqual({ kind: "openai", name: "gpt-5-mini", baseUrl: "https://api.openai.com/v1" });
  });

  test("a base URL with a password is refused without showing it", () => {
    const make = () => driver("http://user:hunter2@127.0.0.1/v1");
    expect(make).toThrowError(/holds a user name or password/);
    expect(make).not.toThrowError(/hunter2/);
  });
});
