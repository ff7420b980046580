import type { StagewireServer } from "@stagewire/server";

/** How many watches a server serves through its engine, and how much text each of them was given. */
export interface Watches {
  readonly count: number;
  readonly texts: readonly number[];
  /** Resolves once there are so many. */
  until(count: number): Promise<void>;
}

/** Counts from now on. */
export function countWatches({ engine }: Pick<StagewireServer, "engine">): Watches {
  const { watch } = engine;
  const texts: number[] = [];
  let count = 0;
  let changed: () => void = () => {};
  const change = (by: number) => {
    count += by;
    changed();
  };
  Object.assign(engine, {
    async *watch(options: Parameters<typeof watch>[0]) {
      change(1);
      const mine = texts.push(0) - 1;
      try {
        for await (const frame of watch(options)) {
          for (const event of frame.events) {
            if (event.type === "token") texts[mine] = (texts[mine] ?? 0) + event.text.length;
          }
          yield frame;
        }
      } finally {
        change(-1);
      }
    },
  });
  return {
    texts,
    get count() {
      return count;
    },
    async until(wanted) {
      const there = () => count === wanted;
      while (!there()) await new Promise<void>((resolve) => (changed = resolve));
    },
  };
}
