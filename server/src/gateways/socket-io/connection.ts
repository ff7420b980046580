import { StagewireError } from "@stagewire/shared";
import type { Logger } from "pino";
import type { Socket } from "socket.io";
import { createAdmission } from "../admission.js";
import { createDrain } from "../drain.js";
import { logFailure, parseInput, tellError } from "../errors.js";
import { OPERATOR, type Services } from "../services.js";
import { connectionOutlet } from "./connection-outlet.js";
import { REQUESTS, type SocketIoClientEvents, type SocketIoServerEvents, type WatchRequest } from "./messages.js";

type ServedSocket = Socket<SocketIoClientEvents, SocketIoServerEvents>;

/** A run that this socket watches. */
interface Watch {
  readonly ending: AbortController;
  readonly leave: () => void;
}

/** Serves one socket until it is gone. */
export function serveSocket(socket: ServedSocket, services: Services, logger: Logger): void {
  const { engine, maxSubscriptionsPerSocket } = services;
  const admit = createAdmission(maxSubscriptionsPerSocket);
  const drain = createDrain(connectionOutlet(socket));
  const watches = new Map<string, Watch>();

  const end = (runId: string) => {
    const watch = watches.get(runId);
    watches.delete(runId);
    watch?.ending.abort();
    watch?.leave();
  };

  /** Resolves as soon as it is known whether there is anything to watch; what follows comes by itself. */
  const watch = ({ runId, lastEventId: cursor, detail }: WatchRequest) =>
    new Promise<{ watching: boolean }>((resolve, reject) => {
      end(runId);
      const mine: Watch = { ending: new AbortController(), leave: admit() };
      watches.set(runId, mine);
      const { signal } = mine.ending;
      let begun = false;
      const ready = () => {
        begun = true;
        resolve({ watching: true });
        return drain();
      };
      const run = async () => {
        for await (const frame of engine.watch({ runId, cursor, detail, signal, ready })) {
          // Another watch has taken this one's place, or nobody wants it any more.
          if (signal.aborted) break;
          socket.emit("events", { runId, cursor: frame.cursor, events: frame.events });
        }
        resolve({ watching: false });
      };
      run()
        .catch((error: unknown) => {
          if (!begun) return reject(error);
          logFailure(logger, error, { runId });
          if (!signal.aborted) socket.emit("failure", { runId, error: tellError(error) });
        })
        .finally(() => {
          if (watches.get(runId) === mine) end(runId);
        })
        .catch(() => {});
    });

  const answer = async (name: string, input: unknown): Promise<unknown> => {
    switch (name) {
      case "start":
        return engine.start(parseInput(REQUESTS.start, input));
      case "watch":
        return watch(parseInput(REQUESTS.watch, input));
      case "unwatch":
        end(parseInput(REQUESTS.unwatch, input).runId);
        return { watching: false };
      case "control":
        return engine.control(parseInput(REQUESTS.control, input), OPERATOR);
      default:
        throw new StagewireError(
          "NOT_FOUND",
          `There is no event ${JSON.stringify(name.slice(0, 60))}: send ${Object.keys(REQUESTS).join(", ")}.`,
        );
    }
  };

  socket.onAny((name: string, ...args: unknown[]) => {
    const reply = args.at(-1);
    const input = args[0] === reply && typeof reply === "function" ? undefined : args[0];
    const tell = (told: unknown) => {
      if (typeof reply === "function") (reply as (told: unknown) => void)(told);
    };
    answer(name, input).then(tell, (error: unknown) => {
      logFailure(logger, error, { event: name });
      tell({ error: tellError(error) });
    });
  });
  socket.once("disconnect", () => {
    for (const runId of watches.keys()) end(runId);
  });
}
