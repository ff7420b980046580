/** What is wrong with a Redis as the place of the run log, and what is lost by it. */
export interface RedisFinding {
  /** `refuse`: the log would be wrong. `warn`: it is right until something fails. */
  readonly level: "refuse" | "warn";
  readonly message: string;
}

/** What a look at a Redis gave. */
export interface RedisFacts {
  /** The answer to INFO. */
  readonly info: string;
  /** The setting `appendfsync`, where it may be asked for. */
  readonly appendfsync?: string | undefined;
}

const LEAST_VERSION = [6, 2] as const;

/** Judges a Redis by what it says of itself. */
export function judgeRedis({ info, appendfsync }: RedisFacts): RedisFinding[] {
  const of = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
  const findings: RedisFinding[] = [];
  const refuse = (message: string) => findings.push({ level: "refuse", message });
  const warn = (message: string) => findings.push({ level: "warn", message });

  const [major = 0, minor = 0] = of("redis_version").split(".").map(Number);
  if (major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1]))
    refuse(
      `Redis is ${of("redis_version") || "of an unknown version"}; the run log needs ${LEAST_VERSION.join(".")} or newer.`,
    );
  if (of("cluster_enabled") === "1")
    refuse(
      "this is a Redis Cluster, which the run log does not support yet: use one Redis, with replicas if you like.",
    );
  if (of("role") === "slave") refuse("this is a replica, which takes no writes: give the address of its master.");
  if (of("loading") === "1") refuse("Redis is still loading its data: start again in a moment.");
  const policy = of("maxmemory_policy");
  if (of("maxmemory") !== "0" && policy !== "" && policy !== "noeviction") {
    refuse(
      `Redis deletes keys when its memory is full (maxmemory-policy ${policy}): runs would be lost without a word. Set maxmemory-policy noeviction; runs then wait for memory.`,
    );
  }
  if (of("aof_enabled") !== "1") {
    warn(
      "Redis keeps no append-only file: when it ends, all since its last snapshot is lost, runs and what watchers have seen of them. Set appendonly yes.",
    );
  } else if (appendfsync === "no") {
    warn(
      "Redis leaves it to the system when its file goes to disk (appendfsync no): a power loss may cost half a minute. Set appendfsync everysec or always.",
    );
  }
  if (of("connected_slaves") === "0") warn("Redis has no replica: when its disk is lost, every run is lost.");
  return findings;
}
