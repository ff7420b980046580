import retry, { type OperationOptions } from "retry";

/**
 * Calls `attempt` until it resolves, with growing waits in between. `onFailure` is told of each failure. Rejects with
 * the last failure once the retries that `options` allow are used up, or with the signal's reason.
 */
export function retried<T>(
  attempt: () => Promise<T>,
  options: OperationOptions,
  signal: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<T> {
  const operation = retry.operation({ randomize: true, unref: true, ...options });
  return new Promise<T>((resolve, reject) => {
    const stop = () => {
      operation.stop();
      reject(signal.reason as Error);
    };
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    const settle = (how: () => void) => {
      signal.removeEventListener("abort", stop);
      how();
    };
    operation.attempt(() => {
      attempt().then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => {
          if (signal.aborted) return;
          onFailure(error);
          // The failure may have been why to stop.
          if (signal.aborted) return;
          const failure = error instanceof Error ? error : new Error(String(error));
          if (!operation.retry(failure)) settle(() => reject(failure));
        },
      );
    });
  });
}
