import type { RunOptions } from "@stagewire/shared";
import PQueue from "p-queue";

/** Of those who wait, each of normal priority gets a place before any of low priority. */
export type Priority = NonNullable<RunOptions["priority"]>;

/** Lets at most so many runs work at once; the others wait by priority, then in order of arrival. */
export interface Slots {
  /**
   * Runs `work` once there is a place, and ends as it does. `onQueued` is called when it has to wait, before this
   * returns. One that leaves while it waits may never hear of it again.
   */
  take(id: string, priority: Priority, work: () => Promise<void>, onQueued: () => void): Promise<void>;
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
  const waiting = new Map<string, { readonly priority: Priority }>();
  return {
    async take(id, priority, work, onQueued) {
      const place = { priority };
      waiting.set(id, place);
      const begin = () => {
        if (waiting.get(id) === place) waiting.delete(id);
        return work();
      };
      const done = queue.add(begin, { priority: priority === "low" ? -1 : 0 });
      if (waiting.get(id) === place) onQueued();
      await done;
    },
    // A place is given with the call of its work, which finds nothing to do.
    pass() {},
    position(id) {
      const place = waiting.get(id);
      if (!place) return undefined;
      const all = [...waiting];
      const alike = all.filter(([, { priority }]) => priority === place.priority);
      const before = place.priority === "low" ? all.length - alike.length : 0;
      return before + alike.findIndex(([other]) => other === id) + 1;
    },
    leave(id) {
      waiting.delete(id);
    },
  };
}
