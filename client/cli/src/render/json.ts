import type { Output } from "../output.js";
import type { Renderer } from "./renderer.js";

/** One JSON value a line: `hello`, the server's events as they are, `exit`. */
export function jsonRenderer(out: Output, err: Output): Renderer {
  const print = (value: object) => out.write(`${JSON.stringify(value)}\n`);
  return {
    begin({ runId, url, page, version, model, transport, localData }) {
      print({
        type: "hello",
        protocol: 1,
        version,
        runId,
        url,
        page,
        model,
        transport,
        ...(localData !== undefined && { localData }),
      });
    },
    event(event, _view, signal) {
      print(event);
      return out.drained(signal);
    },
    connection() {},
    prompt() {},
    restored() {},
    note(text) {
      err.write(`${text}\n`);
    },
    end({ code, fate, view }) {
      print({ type: "exit", code, runId: view.runId, status: view.status, seq: view.seq, message: fate });
    },
  };
}
