export { createReplay, type Replay } from "./replay.js";
