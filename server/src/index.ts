export * from "./config/index.js";
export { createHandler, type HandlerOptions, type StagewireHandler } from "./create-handler.js";
export { checkBind, createServer, type ServerOptions, type StagewireServer } from "./create-server.js";
export { createEngine, type EngineInput } from "./create-engine.js";
export type { StartLimits } from "./engine/check-start.js";
export type { Price, Prices } from "./engine/cost.js";
export type { Engine, EngineOptions } from "./engine/engine.js";
export type { FeedFrame, FeedOptions } from "./engine/feed.js";
export type { RunHooks } from "./engine/hooks.js";
export { type Done, nextStep, type Position, type Step, type Wait } from "./engine/next-step.js";
export type { RetentionLimits } from "./engine/retention.js";
export type { Frame, WatchOptions } from "./engine/watch.js";
export type { ErrorBody } from "./gateways/errors.js";
export type {
  Reply,
  SocketIoClientEvents,
  SocketIoServerEvents,
  UnwatchRequest,
  Watching,
  WatchRequest,
} from "./gateways/socket-io/messages.js";
export type { AppRouter } from "./gateways/trpc/router.js";
export * from "./log/index.js";
export * from "./models/index.js";
export * from "./pipelines/index.js";
export { VERSION } from "./version.js";
