import PQueue from "p-queue";

/** Lets at most so many runs work at once; the others wait in order of arrival. */
export interface Slots {
  /**
   * Runs `work` once there is a place, and ends as it does. `onQueued` is called when it has to wait, before this
   * returns. One that leaves while it waits may never hear of it again.
   */
  take(id: string, work: () => Promise<void>, onQueued: () => void): Promise<void>;
  /** Says that the run waits for somebody: a place that it was given and has not used is the next one's. */
  pass(id: string): void;
  /** 1 is next; `undefined` when `id` does not wait. */
  position(id: string): number | undefined;
  /** Forgets a waiting `id`; its work may still be called, and finds nothing to do then. `over`: it will never ask again. */
  leave(id: string, over: boolean): void;
}

export function createSlots(maxConcurrentRuns: number): Slots {
  const queue = new PQueue({ concurrency: maxConcurrentRuns });
  /** In order of arrival; the value tells one wait of an `id` from a later one. */
  const waiting = new Map<string, object>();
  return {
    async take(id, work, onQueued) {
      const place = {};
      waiting.set(id, place);
      const done = queue.add(() => {
        if (waiting.get(id) === place) waiting.delete(id);
        return work();
      });
      if (waiting.get(id) === place) onQueued();
      await done;
    },
    // A place is given with the call of its work, which finds nothing to do.
    pass() {},
    position(id) {
      if (!waiting.has(id)) return undefined;
      let position = 1;
      for (const other of waiting.keys()) {
        if (other === id) return position;
        position++;
      }
      return undefined;
    },
    leave(id) {
      waiting.delete(id);
    },
  };
}
