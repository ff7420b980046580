import { DecoratorHandler, type Dispatcher } from "undici";

/** Ms that a server may take to end its stream after it said that it is done. */
const GRACE_MS = 250;
/** Bytes of a line's end and `data: [DONE]` that one packet may hold without the rest. */
const TAIL = 13;
const DONE = /[\r\n]data: ?\[DONE\]/;

/**
 * Ends a response 250 ms after a line `data: [DONE]`: some servers keep the connection open then, and the SDK reads to
 * its end. A server that ends its stream itself in that time keeps the connection for the next call.
 */
export function endAtDone(receiver: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  // Takes receivers of the older form too, such as that of `fetch`.
  const to: Dispatcher.DispatchHandler = new DecoratorHandler(receiver);
  let tail = "\n";
  let timer: NodeJS.Timeout | undefined;
  let over = false;

  const isDone = (chunk: Buffer): boolean => {
    const text = tail + chunk.toString("latin1");
    tail = text.slice(-TAIL);
    return text.includes("[DONE]") && DONE.test(text);
  };
  return {
    onRequestStart: (controller, context) => to.onRequestStart?.(controller, context),
    onRequestUpgrade: (controller, status, headers, socket) =>
      to.onRequestUpgrade?.(controller, status, headers, socket),
    onResponseStart: (controller, status, headers, message) =>
      to.onResponseStart?.(controller, status, headers, message),
    onResponseData(controller, chunk) {
      if (over) return;
      to.onResponseData?.(controller, chunk);
      if (timer !== undefined || !isDone(chunk)) return;
      timer = setTimeout(() => {
        over = true;
        to.onResponseEnd?.(controller, {});
        controller.abort(new Error("The stream was done."));
      }, GRACE_MS).unref();
    },
    onResponseEnd(controller, trailers) {
      clearTimeout(timer);
      if (!over) to.onResponseEnd?.(controller, trailers);
    },
    onResponseError(controller, error) {
      clearTimeout(timer);
      if (!over) to.onResponseError?.(controller, error);
    },
  };
}
