import type { Ack, CommandEnvelope, Detail, RunEvent, StartInput, StartResult } from "@stagewire/shared";

/** One way into a server, as a client of it sees it. Every method rejects with a {@link DoorError}. */
export interface DoorClient extends AsyncDisposable {
  start(input: StartInput): Promise<StartResult>;
  control(envelope: CommandEnvelope): Promise<Ack>;
  watch(runId: string, options?: WatchOptions): DoorWatch;
}

export interface WatchOptions {
  readonly lastEventId?: string;
  readonly detail?: Detail;
}

/** What one watcher was told, as it came. */
export interface DoorWatch {
  readonly events: readonly RunEvent[];
  /** Every cursor that came, with the `seq` of the last event before it. */
  readonly cursors: readonly { readonly cursor: string; readonly seq: number }[];
  /** Resolves with the first event, past or to come, that `matches`; rejects when the watch ends without it. */
  until(matches: (event: RunEvent) => boolean): Promise<RunEvent>;
  /** Resolves when the server says that nothing more will come; rejects with its error. */
  readonly ended: Promise<void>;
  /** Leaves. */
  stop(): void;
}

export interface Door {
  readonly name: string;
  connect(url: string): Promise<DoorClient>;
}

/** What a door answers when something is wrong. */
export class DoorError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Where a door puts what it is told. */
export interface Recorder extends Omit<DoorWatch, "stop"> {
  put(events: readonly RunEvent[], cursor: string): void;
  end(): void;
  fail(error: unknown): void;
}

export function createRecorder(): Recorder {
  const events: RunEvent[] = [];
  const cursors: { cursor: string; seq: number }[] = [];
  let settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  const ended = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  ended.catch(() => {});
  let wake: () => void = () => {};
  let over: { error: unknown } | undefined;
  const finish = (error: unknown) => {
    over ??= { error };
    wake();
  };
  return {
    events,
    cursors,
    ended,
    put(more, cursor) {
      events.push(...more);
      cursors.push({ cursor, seq: events.at(-1)?.seq ?? 0 });
      wake();
    },
    end() {
      finish(new Error("the watch ended without the event that is waited for"));
      settle?.resolve();
    },
    fail(error) {
      finish(error);
      settle?.reject(error);
    },
    async until(matches) {
      let looked = 0;
      for (;;) {
        for (; looked < events.length; looked++) {
          const event = events[looked];
          if (event && matches(event)) return event;
        }
        if (over) throw over.error;
        const woken = wake;
        await new Promise<void>((resolve) => {
          wake = () => {
            woken();
            resolve();
          };
        });
      }
    },
  };
}
