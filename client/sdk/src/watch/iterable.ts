import { linkSignals } from "../signals.js";

/**
 * Makes an iterable of a generator function. Each iteration runs on its own. `break` and `return()` abort the signal
 * that `run` was given, so that they take effect also while the generator waits, which its own `return()` does not.
 */
export function iterate<T>(
  run: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>,
  outer: AbortSignal | undefined,
): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const scope = linkSignals(outer);
      const generator = run(scope.signal);
      return {
        async next() {
          try {
            const result = await generator.next();
            if (result.done) scope.release();
            return result;
          } catch (thrown) {
            scope.release();
            throw thrown;
          }
        },
        async return() {
          scope.abort();
          await generator.return();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
