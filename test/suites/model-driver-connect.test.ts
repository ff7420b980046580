import { getEventListeners, once } from "node:events";
import { createServer } from "node:http";
import { connect, createServer as createTcpServer, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { describe, expect, test, vi } from "vitest";
import { delta, driver, failure, listen, run, sse, upstream } from "../support/upstream.js";

/** Listens, and lets the kernel queue two connections that nobody accepts: what comes after them gets no answer. */
const DEAF = `
  const { parentPort } = require("node:worker_threads");
  const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

describe("connecting", () => {
  // What a full queue does is the kernel's choice.
  test.runIf(process.platform === "linux")("a host that does not answer is unreachable", async () => {
    const worker = new Worker(DEAF, { eval: true });
    const fillers: Socket[] = [];
    try {
      const [port] = (await once(worker, "message")) as [number];
      for (let i = 0; i < 2; i++) {
        const filler = connect(port, "127.0.0.1");
        fillers.push(filler);
        await once(filler, "connect");
      }
      await using model = driver(`http://127.0.0.1:${port}/v1`, { connectTimeoutMs: 300 });
      const error = await failure(run(model));
      expect(error).toMatchObject({ code: "MODEL_UNREACHABLE", retryable: true });
      expect(error.message).toMatch(/cannot be reached.*connectTimeoutMs/);
    } finally {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    }
  });

  test("a TLS handshake that nobody answers: unreachable, and the connection is closed", async () => {
    const sockets: Socket[] = [];
    const server = createTcpServer((socket) => sockets.push(socket.resume().on("error", () => undefined)));
    await using at = await listen(server, () => sockets.forEach((socket) => socket.destroy()));
    await using model = driver(at.baseUrl.replace("http:", "https:"), { connectTimeoutMs: 300 });
    const arrived = once(server, "connection") as Promise<[Socket]>;
    const call = failure(run(model));
    const [socket] = await arrived;
    const closed = once(socket, "close");
    expect((await call).code).toBe("MODEL_UNREACHABLE");
    await closed;
  });

  test("connections leave nothing behind that would add up", async () => {
    const adding = vi.spyOn(EventTarget.prototype, "addEventListener");
    try {
      await using at = await upstream((_request, response) => {
        response.setHeader("connection", "close");
        sse(response, delta({ content: "a" }, "stop"), "[DONE]");
        response.end();
      });
      await using model = driver(at.baseUrl);
      for (let call = 0; call < 20; call++) await run(model);
      const signals = new Set(adding.mock.contexts.filter((target) => target instanceof AbortSignal));
      expect(signals.size).toBeGreaterThan(10);
      // A listener of a socket that is closed would hold that socket.
      for (const signal of signals) expect(getEventListeners(signal, "abort").length).toBeLessThan(10);
    } finally {
      adding.mockRestore();
    }
  });

  test("disposing the driver ends a connection that is on its way", async () => {
    const sockets: Socket[] = [];
    const server = createTcpServer((socket) => sockets.push(socket.resume().on("error", () => undefined)));
    await using at = await listen(server, () => sockets.forEach((socket) => socket.destroy()));
    const model = driver(at.baseUrl.replace("http:", "https:"), { connectTimeoutMs: 600_000 });
    const arrived = once(server, "connection") as Promise<[Socket]>;
    const call = failure(run(model));
    const [socket] = await arrived;
    const closed = once(socket, "close");
    await model[Symbol.asyncDispose]();
    expect((await call).code).toBe("SHUTTING_DOWN");
    await closed;
  });

  test("a socket that accepts and says nothing is told by the first token's limit, however short the one for connecting", async () => {
    const sockets: Socket[] = [];
    const server = createTcpServer((socket) => sockets.push(socket.resume().on("error", () => undefined)));
    await using at = await listen(server, () => sockets.forEach((socket) => socket.destroy()));
    await using model = driver(at.baseUrl, { connectTimeoutMs: 100, firstTokenTimeoutMs: 2_000 });
    const arrived = once(server, "connection") as Promise<[Socket]>;
    const call = failure(run(model));
    const [socket] = await arrived;
    const closed = once(socket, "close");
    const error = await call;
    expect(error.code).toBe("MODEL_TIMEOUT");
    expect(error.message).toContain("no first token within 2 s");
    await closed;
  });
});

describe("connections", () => {
  const answering = () => {
    const sockets: Socket[] = [];
    const server = createServer((request, response) => {
      request.resume();
      sse(response, delta({ content: "a" }, "stop"), "[DONE]");
      response.end();
    }).on("connection", (socket: Socket) => sockets.push(socket));
    return { server, sockets };
  };

  test("they serve call after call, and disposing closes them", async () => {
    const { server, sockets } = answering();
    await using at = await listen(server, () => undefined);
    const model = driver(at.baseUrl);
    for (let i = 0; i < 10; i++) expect((await run(model)).output).toBe("a");
    // One may not be free again yet when the next call begins.
    expect(sockets.length).toBeLessThanOrEqual(2);
    const opened = sockets.length;
    const closed = Promise.all(sockets.map((socket) => once(socket, "close")));
    await model[Symbol.asyncDispose]();
    await closed;
    await model[Symbol.asyncDispose]();
    expect((await failure(run(model))).code).toBe("SHUTTING_DOWN");
    expect(sockets).toHaveLength(opened);
  });

  test("each driver has its own", async () => {
    const { server, sockets } = answering();
    await using at = await listen(server, () => undefined);
    await using kept = driver(at.baseUrl);
    await run(kept);
    {
      await using other = driver(at.baseUrl);
      await run(other);
      expect(sockets).toHaveLength(2);
    }
    await run(kept);
    expect(sockets).toHaveLength(2);
  });
});

describe("a stream that says [DONE] and stays open", () => {
  test("without a finish it was cut, long before it counts as stalled", async () => {
    await using server = await upstream((_request, response) => sse(response, delta({ content: "a" }), "[DONE]"));
    await using model = driver(server.baseUrl, { stallTimeoutMs: 120_000 });
    expect((await failure(run(model))).code).toBe("MODEL_STREAM_CUT");
  });

  test("after a finish the answer counts with its usage, and the server sees the close", async () => {
    const usage = { prompt_tokens: 3, completion_tokens: 4 };
    let closed: Promise<unknown> | undefined;
    await using server = await upstream((_request, response) => {
      closed = once(response, "close");
      sse(response, delta({ content: "a" }, "stop"), { choices: [], usage }, "[DONE]");
    });
    await using model = driver(server.baseUrl);
    const got = await run(model);
    expect(got).toMatchObject({ output: "a", finish: "stop", usage: { promptTokens: 3, completionTokens: 4 } });
    await closed;
  });

  test("byte by byte, and without a space", async () => {
    await using server = await upstream((_request, response) => {
      sse(response, delta({ content: "a" }));
      const bytes = "data:[DONE]\r\n\r\n";
      const next = (at: number): void => {
        if (at < bytes.length) response.write(bytes.slice(at, at + 1), () => setImmediate(next, at + 1));
      };
      next(0);
    });
    await using model = driver(server.baseUrl, { stallTimeoutMs: 120_000 });
    expect((await failure(run(model))).code).toBe("MODEL_STREAM_CUT");
  });

  test("an answer that speaks of it is not ended by it", async () => {
    const said = 'It ends with\ndata: [DONE]\nor "data: [DONE]".';
    await using server = await upstream((_request, response) => {
      sse(response, delta({ content: said }));
      // Longer than what is waited for after the real one.
      setTimeout(() => {
        sse(response, delta({ content: " The end." }, "stop"), "[DONE]");
        response.end();
      }, 500);
    });
    await using model = driver(server.baseUrl);
    expect((await run(model)).output).toBe(`${said} The end.`);
  });
});
