// Loaded into the server by --import: its wall clock is off by as many ms as the file STAGEWIRE_TEST_CLOCK says.
// SIGUSR1 has it look there again. The monotonic clock and timers stay right, as when a machine's clock is set.
import { readFileSync } from "node:fs";

const RealDate = Date;
let offset = 0;

function look() {
  try {
    offset = Number(readFileSync(process.env.STAGEWIRE_TEST_CLOCK ?? "", "utf8")) || 0;
  } catch {
    offset = 0;
  }
}

const now = () => RealDate.now() + offset;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, key, receiver) => (key === "now" ? now : Reflect.get(target, key, receiver)),
});
look();
process.on("SIGUSR1", look);
