import type { ServerResponse } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { inspect } from "node:util";
import type { ErrorCode } from "@stagewire/shared";
import { describe, expect, test } from "vitest";
import { createOpenAiDriver } from "../../server/src/models/index.js";
import { delta, driver, failure, KEY, listen, run, sse, upstream } from "../support/upstream.js";

describe("a stream that goes wrong", () => {
  const cases: [string, ErrorCode, (response: ServerResponse) => void][] = [
    [
      "ends early",
      "MODEL_STREAM_CUT",
      (r) => {
        sse(r, delta({ content: "a" }));
        r.end();
      },
    ],
    [
      "is empty",
      "MODEL_STREAM_CUT",
      (r) => {
        sse(r);
        r.end();
      },
    ],
    [
      "breaks",
      "MODEL_STREAM_CUT",
      (r) => {
        sse(r, delta({ content: "a" }));
        setImmediate(() => r.destroy());
      },
    ],
    [
      "holds no JSON",
      "MODEL_BAD_RESPONSE",
      (r) => {
        sse(r, delta({ content: "a" }), "{nonsense");
        r.end();
      },
    ],
    [
      "holds JSON of something else",
      "MODEL_BAD_RESPONSE",
      (r) => {
        sse(r, "null", "5", { hello: 1 });
        r.end();
      },
    ],
    [
      "holds text of an unknown form",
      "MODEL_BAD_RESPONSE",
      (r) => {
        sse(r, delta({ content: [1] }, "stop"));
        r.end();
      },
    ],
    [
      "holds an error",
      "MODEL_BAD_RESPONSE",
      (r) => {
        sse(r, delta({ content: "a" }), { error: { message: "overloaded" } });
        r.end();
      },
    ],
    [
      "is a web page",
      "MODEL_BAD_RESPONSE",
      (r) => {
        r.setHeader("Content-Type", "text/html");
        r.end("<!doctype html><p>Hi");
      },
    ],
    [
      "is one JSON document",
      "MODEL_BAD_RESPONSE",
      (r) => {
        r.setHeader("Content-Type", "application/json");
        r.end("{}");
      },
    ],
    [
      "is filtered",
      "MODEL_CONTENT_FILTERED",
      (r) => {
        r.writeHead(400, { "Content-Type": "application/json" });
        r.end(JSON.stringify({ error: { code: "content_filter", message: "no" } }));
      },
    ],
  ];
  test.each(cases)("it %s: %s", async (_name, code, answer) => {
    await using server = await upstream((_request, response) => answer(response));
    const error = await failure(run(driver(server.baseUrl)));
    expect(error.code).toBe(code);
    expect(error.message).toContain(server.baseUrl);
  });

  test("an error in the stream is told in the server's words", async () => {
    await using server = await upstream((_request, response) => {
      sse(response, delta({ content: "a" }), { error: { message: "overloaded" } });
      response.end();
    });
    expect((await failure(run(driver(server.baseUrl)))).message).toContain(
      "sent an error in the middle of its stream: overloaded",
    );
  });

  test("something that does not speak HTTP", async () => {
    const server = createTcpServer((socket) =>
      socket.on("error", () => undefined).once("data", () => socket.end("SSH-2.0-x\r\n")),
    );
    await using at = await listen(server, () => undefined);
    expect((await failure(run(driver(at.baseUrl)))).code).toBe("MODEL_BAD_RESPONSE");
  });

  test("a fault of the caller's is not blamed on the server", async () => {
    await using server = await upstream((_request, response) => {
      sse(response, delta({ content: "a" }, "stop"));
      response.end();
    });
    const fault = new TypeError("mine");
    const call = driver(server.baseUrl).generate(
      { model: "m", messages: [], signal: new AbortController().signal },
      () => {
        throw fault;
      },
    );
    await expect(call).rejects.toBe(fault);
  });
});

describe("what a server refuses", () => {
  const refusing = (status: number, message: string, headers: Record<string, string> = {}) =>
    upstream((_request, response) => {
      response.writeHead(status, { "Content-Type": "application/json", ...headers });
      response.end(JSON.stringify({ error: { message } }));
    });

  test.each<[number, ErrorCode, boolean]>([
    [400, "MODEL_REJECTED", false],
    [401, "MODEL_AUTH", false],
    [402, "MODEL_REJECTED", false],
    [403, "MODEL_AUTH", false],
    [404, "MODEL_NOT_FOUND", false],
    [408, "MODEL_TIMEOUT", true],
    [413, "MODEL_REJECTED", false],
    [422, "MODEL_REJECTED", false],
    [429, "MODEL_RATE_LIMITED", true],
    [500, "MODEL_UNAVAILABLE", true],
    [503, "MODEL_UNAVAILABLE", true],
  ])("%i is %s", async (status, code, retryable) => {
    await using server = await refusing(status, `because of ${KEY}`);
    const error = await failure(run(driver(`${server.baseUrl}?secret=1`)));
    expect({ code: error.code, retryable: error.retryable }).toEqual({ code, retryable });
    expect(error.message).toContain(`${server.origin}/v1`);
    expect(error.message).not.toContain("secret");
    expect(inspect(error, { depth: 20 })).not.toMatch(/0123456789|sk-test/);
  });

  test.each([
    [{ "Retry-After": "3" }, 3_000],
    [{ "retry-after-ms": "250", "Retry-After": "3" }, 250],
    [{ "Retry-After": "soon" }, undefined],
    [{}, undefined],
  ])("%o: try again in %s ms", async (headers, ms) => {
    await using server = await refusing(429, "slow", headers);
    expect((await failure(run(driver(server.baseUrl)))).retryAfterMs).toBe(ms);
  });

  test("a date in Retry-After", async () => {
    await using server = await refusing(429, "slow", { "Retry-After": new Date(Date.now() + 60_000).toUTCString() });
    const { retryAfterMs = 0 } = await failure(run(driver(server.baseUrl)));
    expect(retryAfterMs).toBeGreaterThan(30_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  test("a model that is not there: the message names those most like it", async () => {
    await using server = await upstream((request, response) => {
      const list = { data: ["o3", "gpt-5-mini", "whisper", "gpt-4o"].map((id) => ({ id })) };
      response.writeHead(request.method === "GET" ? 200 : 404, { "Content-Type": "application/json" });
      response.end(JSON.stringify(request.method === "GET" ? list : { error: { message: "no such model" } }));
    });
    const { message } = await failure(run(driver(server.baseUrl, { model: "gpt-5-mni" })));
    expect(message).toBe(
      `"gpt-5-mni" is not offered by the server at ${server.baseUrl} (404); nearest: "gpt-5-mini", "gpt-4o", "o3": set STAGEWIRE_MODEL or the run's \`models\``,
    );
  });

  test("no key, and one is wanted", async () => {
    await using server = await refusing(401, "key?");
    const keyless = createOpenAiDriver({
      baseUrl: server.baseUrl,
      model: "m",
      kind: "openai",
      firstTokenTimeoutMs: 9_000,
      stallTimeoutMs: 9_000,
    });
    expect((await failure(run(keyless))).message).toBe(
      `the server at ${server.baseUrl} wants a key (401) and none is set: put it into the environment (OPENAI_API_KEY)`,
    );
  });

  test("nobody listens", async () => {
    const server = await upstream(() => undefined);
    await server[Symbol.asyncDispose]();
    const error = await failure(run(driver(server.baseUrl)));
    expect(error.code).toBe("MODEL_UNREACHABLE");
    expect(error.message).toBe(
      `the server at ${server.baseUrl} cannot be reached (ECONNREFUSED): nothing listens there; start it, or check the host and port of the base URL`,
    );
  });
});
