import { once } from "node:events";
import { describe, expect, test, vi } from "vitest";
import { delta, driver, failure, run, silent, sse, upstream } from "../support/upstream.js";

describe("abort", () => {
  const reason = new Error("cancelled by a person");

  test("in the middle: no piece after it, the reason comes back, and the server sees the close within 100 ms", async () => {
    const { listener, arrived } = silent();
    await using server = await upstream((request, response) => {
      const timer = setInterval(() => sse(response, delta({ content: "x" }), delta({ content: "y" })), 5);
      response.on("close", () => clearInterval(timer));
      listener(request, response);
    });
    const abort = new AbortController();
    let pieces = 0;
    let abortedAt = 0;
    const call = driver(server.baseUrl).generate({ model: "m", messages: [], signal: abort.signal }, () => {
      if (++pieces !== 5) return;
      abortedAt = performance.now();
      abort.abort(reason);
    });
    const closed = once(await arrived, "close").then(() => performance.now());
    await expect(call).rejects.toBe(reason);
    expect((await closed) - abortedAt).toBeLessThan(100);
    expect(pieces).toBe(5);
  });

  test("before the first token, and before the headers", async () => {
    for (const headers of [true, false]) {
      const { listener, arrived } = silent();
      await using server = await upstream((request, response) => {
        if (headers) sse(response);
        if (headers) response.flushHeaders();
        listener(request, response);
      });
      const abort = new AbortController();
      const call = run(driver(server.baseUrl), abort.signal);
      call.catch(() => undefined);
      const response = await arrived;
      const closed = once(response, "close").then(() => performance.now());
      const abortedAt = performance.now();
      abort.abort(reason);
      await expect(call).rejects.toBe(reason);
      expect((await closed) - abortedAt).toBeLessThan(100);
    }
  });

  test("while it connects: the model is never asked", async () => {
    let requests = 0;
    await using server = await upstream((_request, response) => {
      requests++;
      sse(response, delta({ content: "next" }, "stop"));
      response.end();
    });
    const model = driver(server.baseUrl);
    const abort = new AbortController();
    const call = run(model, abort.signal);
    call.catch(() => undefined);
    await Promise.resolve();
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect((await run(model)).output).toBe("next");
    expect(requests).toBe(1);
  });

  test("before the call", async () => {
    await expect(run(driver("http://127.0.0.1:9/v1"), AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test("calls leave nothing on the caller's signal", async () => {
    await using server = await upstream((_request, response) => {
      sse(response, delta({ content: "a" }, "stop"));
      response.end();
    });
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    await run(driver(server.baseUrl), signal);
    expect(added.mock.calls.length).toBeGreaterThan(0);
    expect(removed.mock.calls.length).toBe(added.mock.calls.length);
  });

  test("disposing the driver ends open calls", async () => {
    const { listener, arrived } = silent();
    await using server = await upstream(listener);
    const model = driver(server.baseUrl);
    const call = failure(run(model));
    const closed = once(await arrived, "close");
    await model[Symbol.asyncDispose]();
    expect((await call).code).toBe("SHUTTING_DOWN");
    await closed;
  });
});

describe("silence", () => {
  test("before the first token, even when empty events keep coming", async () => {
    await using server = await upstream((_request, response) => {
      const timer = setInterval(() => sse(response, delta({ content: "" })), 20);
      response.on("close", () => clearInterval(timer));
    });
    const error = await failure(run(driver(server.baseUrl, { firstTokenTimeoutMs: 300 })));
    expect(error.code).toBe("MODEL_TIMEOUT");
    expect(error.message).toContain("no first token within 300 ms");
  });

  test("in the middle, and the server sees its connection closed", async () => {
    const { listener, arrived } = silent();
    await using server = await upstream((request, response) => {
      sse(response, delta({ content: "a" }));
      listener(request, response);
    });
    const call = failure(run(driver(server.baseUrl, { stallTimeoutMs: 300 })));
    const closed = once(await arrived, "close");
    expect((await call).message).toContain("stalled: nothing came for 300 ms");
    await closed;
  });

  test("after the end of the answer costs nothing but the usage", async () => {
    await using server = await upstream((_request, response) => sse(response, delta({ content: "a" }, "stop")));
    const got = await run(driver(server.baseUrl, { stallTimeoutMs: 300 }));
    expect(got).toMatchObject({ output: "a", finish: "stop" });
  });
});
