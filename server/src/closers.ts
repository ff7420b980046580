/** What was opened, to be closed in reverse order. (`AsyncDisposableStack` comes only with Node 24.) */
export interface Closers {
  use<T extends AsyncDisposable>(opened: T): T;
  defer(close: () => Promise<unknown>): void;
  /** Closes everything, even if one of them fails; rejects with the first failure. Twice is fine. */
  close(): Promise<void>;
}

export function createClosers(): Closers {
  const closers: (() => PromiseLike<unknown>)[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    const failures: unknown[] = [];
    for (const close of closers.toReversed()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  return {
    use(opened) {
      closers.push(() => opened[Symbol.asyncDispose]());
      return opened;
    },
    defer: (close) => void closers.push(close),
    close: () => (closing ??= closeAll()),
  };
}
