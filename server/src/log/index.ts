export { checkRedis, openRedisLog } from "./redis/redis-log.js";
export type { RedisLog, RedisLogOptions } from "./redis/redis-log.js";
export type { ClusterStore, SentCommand, SilentRun } from "./redis/cluster-store.js";
export type { RedisFinding } from "./redis/check-redis.js";
export { checkDataFolder } from "./sqlite/open-database.js";
export { openSqliteLog } from "./sqlite/sqlite-log.js";
export type { SqliteLogOptions } from "./sqlite/sqlite-log.js";
export type {
  AppendInput,
  ClosedRun,
  ClosedRunsInput,
  CompactInput,
  CreateInput,
  CreateResult,
  FeedChange,
  LogEntry,
  LogFull,
  LogSize,
  PlaceChange,
  ReaderPlace,
  ReadOptions,
  RunHead,
  RunLog,
  RunSize,
} from "./types.js";
