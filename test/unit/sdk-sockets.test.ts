import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { retryDelayMs } from "../../client/sdk/src/connection/backoff.js";
import { type Loss, observeSockets } from "../../client/sdk/src/connection/observed-sockets.js";

/** A browser's socket to a server that is frozen: it never answers a close. */
class FrozenSocket extends EventTarget {
  static readonly OPEN = 1;
  readonly CLOSING = 2;
  readyState = 0;
  closes = 0;
  readonly sent: string[] = [];
  open(): void {
    this.readyState = FrozenSocket.OPEN;
    this.dispatchEvent(new Event("open"));
  }
  send(data: string): void {
    this.sent.push(data);
  }
  close(): void {
    this.closes++;
    this.readyState = this.CLOSING;
  }
}

function observe() {
  const losses: Loss[] = [];
  let opened = 0;
  const observed = observeSockets(FrozenSocket as unknown as typeof WebSocket, {
    opened: () => opened++,
    heard: () => undefined,
    lost: (loss) => losses.push(loss),
  });
  const make = () => new observed.Socket("ws://127.0.0.1/trpc") as unknown as FrozenSocket;
  return { ...observed, make, losses, opened: () => opened };
}

describe("sockets of a browser", () => {
  test("one that begins to close is lost at once and only once, though no close event comes", () => {
    const { make, losses, opened } = observe();
    const socket = make();
    socket.open();
    expect(opened()).toBe(1);
    socket.close();
    socket.dispatchEvent(new Event("error"));
    expect(losses).toEqual([{}]);
  });

  test("one that closes is given nothing more to send: browsers complain of it", () => {
    const { make } = observe();
    const socket = make();
    socket.open();
    socket.send("start");
    socket.close();
    socket.send("stop");
    expect(socket.sent).toEqual(["start"]);
  });

  test("what is said of the loss comes along", () => {
    const { make, losses } = observe();
    make().dispatchEvent(Object.assign(new Event("close"), { code: 4401 }));
    expect(losses).toEqual([{ code: 4401 }]);
  });

  test("while another one is open, nothing is lost", () => {
    const { make, losses } = observe();
    const [first, second] = [make(), make()];
    first.open();
    second.dispatchEvent(new Event("error"));
    expect(losses).toEqual([]);
    const third = make();
    third.open();
    first.close();
    expect(losses).toEqual([]);
    third.close();
    expect(losses).toHaveLength(1);
  });

  test("after the end, open sockets and those that come late are closed, and nobody is told", () => {
    const { make, losses, end } = observe();
    const socket = make();
    socket.open();
    end(false);
    const late = make();
    expect([socket.closes, late.closes]).toEqual([1, 1]);
    expect(losses).toEqual([]);
  });
});

test("waits are jittered: the first within 250 ms, all within the bound, and the bound doubles", () => {
  fc.assert(
    fc.property(
      fc.nat(2_000),
      fc.integer({ min: 0, max: 60_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, maxMs, random) => {
        const delay = retryDelayMs(attempt, maxMs, () => random);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(Math.min(maxMs, attempt === 0 ? 250 : Infinity));
      },
    ),
  );
  expect([0, 1, 2, 9].map((attempt) => retryDelayMs(attempt, 10_000, () => 1))).toEqual([250, 500, 1_000, 10_000]);
});
