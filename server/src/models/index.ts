export { checkModel, type ModelCheck } from "./check-model.js";
export { createModel } from "./create-model.js";
export { displayUrl } from "../display-url.js";
export { maskKey } from "./base-url.js";
export { createOpenAiDriver, type OpenAiDriverOptions } from "./openai.js";
export type { Message, ModelDriver, ModelRequest, ModelResult, OnDelta } from "./types.js";
