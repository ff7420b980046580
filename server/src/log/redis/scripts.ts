import { createHash } from "node:crypto";

/**
 * The log's writes and its reads of more than one key, each atomic in Redis. KEYS[1] is the log's hash tag, which puts
 * every key that a script derives from it into one slot. Nothing is written before all checks have passed, so that a
 * Redis that takes no writes leaves no half of one.
 *
 * A run is a stream of entries `<epoch>-<seq of the batch's last event>`, field `e`, and of claims `<epoch>-<head>`,
 * field `c`. So the newest id of the stream is the run's fence: XADD refuses what is written under an older epoch.
 */
const PRELUDE = `
local base, runId = KEYS[1], ARGV[1]
local runKey, logKey, claimsKey = base .. ':run:' .. runId, base .. ':log:' .. runId, base .. ':claims:' .. runId
local function entryId(epoch, seq) return epoch .. '-' .. seq end
local function nowMs()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function heard() redis.call('ZADD', base .. ':alive', nowMs(), runId) end
local function tell(summary, node)
  local revision = redis.call('INCR', base .. ':revision')
  redis.call('HSET', base .. ':summaries', runId, summary)
  redis.call('ZADD', base .. ':changes', revision, runId)
  redis.call('XADD', base .. ':feed', 'MAXLEN', '~', 1000, string.format('%.0f', revision) .. '-1', 'n', node, 's', summary)
  return revision
end
`;

const SOURCES = {
  /** run, bytes, events, summary, status, createdAt, node, key → `[created, runId, revision]`; created -1: the id is taken. */
  create: `
local _, bytes, events, summary, status, createdAt, node, key = unpack(ARGV)
if key ~= '' then
  local earlier = redis.call('HGET', base .. ':keys', key)
  if earlier then return {0, earlier} end
end
if redis.call('EXISTS', runKey) == 1 then return {-1} end
redis.call('XADD', logKey, entryId('1', '1'), 'e', events)
redis.call('HSET', runKey, 'epoch', 1, 'head', 1, 'closed', 0, 'status', status, 'createdAt', createdAt, 'key', key,
  'entries', 1, 'bytes', bytes, 'rewrites', 0)
redis.call('HINCRBY', base .. ':totals', 'bytes', bytes)
redis.call('ZADD', base .. ':age', createdAt, runId)
redis.call('ZADD', base .. ':age:' .. status, createdAt, runId)
redis.call('ZADD', base .. ':open', createdAt, runId)
if key ~= '' then redis.call('HSET', base .. ':keys', key, runId) end
heard()
return {1, runId, tell(summary, node)}`,

  /** run, epoch that must be the newest or '' → `[1, epoch, head, closed]`, or `[0, newest epoch or nothing]`. */
  claim: `
local run = redis.call('HMGET', runKey, 'epoch', 'head', 'closed')
if not run[1] or (ARGV[2] ~= '' and ARGV[2] ~= run[1]) then return {0, run[1]} end
local epoch = string.format('%.0f', run[1] + 1)
redis.call('XADD', logKey, entryId(epoch, run[2]), 'c', 1)
redis.call('HSET', runKey, 'epoch', epoch)
redis.call('ZREMRANGEBYSCORE', claimsKey, run[2], run[2])
redis.call('ZADD', claimsKey, run[2], epoch)
if run[3] ~= '1' then heard() end
return {1, epoch, run[2], run[3]}`,

  /**
   * run, epoch, first, last, closedAt or '', bytes, events, summary or '', status, node → `[taken, revision]`, or
   * `[0, epoch, head, closed]` of the run that refused it. An older epoch is found out by XADD alone.
   */
  append: `
local _, epoch, first, last, closedAt, bytes, events, summary, status, node = unpack(ARGV)
local run = redis.call('HMGET', runKey, 'epoch', 'head', 'closed', 'status', 'createdAt')
if not run[1] then return {-1} end
local refused = {0, run[1], run[2], run[3]}
if tonumber(epoch) > tonumber(run[1]) or tonumber(first) ~= run[2] + 1 or run[3] == '1' then return refused end
local added = redis.pcall('XADD', logKey, 'NOMKSTREAM', entryId(epoch, last), 'e', events)
if type(added) == 'table' then
  if string.find(added.err, 'equal or smaller') then return refused end
  return added
end
redis.call('HSET', runKey, 'head', last)
redis.call('HINCRBY', runKey, 'entries', 1)
redis.call('HINCRBY', runKey, 'bytes', bytes)
redis.call('HINCRBY', base .. ':totals', 'bytes', bytes)
if closedAt ~= '' then
  redis.call('HSET', runKey, 'closed', 1)
  redis.call('ZREM', base .. ':open', runId)
  redis.call('ZADD', base .. ':closed', closedAt, runId)
  redis.call('ZADD', base .. ':loose', closedAt, runId)
  redis.call('ZREM', base .. ':alive', runId)
  redis.call('DEL', base .. ':cmd:' .. runId)
  redis.call('SREM', base .. ':commanded', runId)
else
  heard()
end
if summary == '' then return {1, 0} end
if status ~= run[4] then
  redis.call('ZREM', base .. ':age:' .. run[4], runId)
  redis.call('ZADD', base .. ':age:' .. status, run[5], runId)
  redis.call('HSET', runKey, 'status', status)
end
return {1, tell(summary, node)}`,

  /** run → 1, 0 where it is open, -1 where it is not there. */
  delete: `
local run = redis.call('HMGET', runKey, 'closed', 'status', 'key', 'bytes')
if not run[1] then return -1 end
if run[1] ~= '1' then return 0 end
redis.call('DEL', runKey, logKey, claimsKey)
redis.call('HDEL', base .. ':summaries', runId)
if run[3] ~= '' then redis.call('HDEL', base .. ':keys', run[3]) end
for _, index in ipairs({'age', 'age:' .. run[2], 'closed', 'loose', 'changes'}) do
  redis.call('ZREM', base .. ':' .. index, runId)
end
redis.call('HINCRBY', base .. ':totals', 'bytes', -run[4])
return 1`,

  /**
   * run, after, maxBytes → `id, events, id, events …` of consecutive entries. A run's claims tell under which epoch
   * the event after this position was written, so the place is found without a search.
   */
  read: `
local after, maxBytes = ARGV[2], tonumber(ARGV[3])
local claim = redis.call('ZREVRANGEBYSCORE', claimsKey, after, 0, 'LIMIT', 0, 1)
local from = '(' .. entryId(claim[1] or '1', after)
local found, bytes, rows = {}, 0, maxBytes < 4096 and 2 or 16
while true do
  local page = redis.call('XRANGE', logKey, from, '+', 'COUNT', rows)
  for _, entry in ipairs(page) do
    if entry[2][1] == 'e' then
      found[#found + 1] = entry[1]
      found[#found + 1] = entry[2][2]
      bytes = bytes + #entry[2][2]
      if bytes >= maxBytes then return found end
    end
  end
  if #page < rows then return found end
  from = '(' .. page[#page][1]
  rows = math.min(rows * 2, 256)
end`,

  /** –, revision, limit → `revision, summary, revision, summary …`. */
  changes: `
local found = redis.call('ZRANGEBYSCORE', base .. ':changes', '(' .. ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local changes = {}
for index = 1, #found, 2 do
  changes[index] = found[index + 1]
  changes[index + 1] = redis.call('HGET', base .. ':summaries', found[index])
end
return changes`,

  /**
   * The run of the cursor or '', index, its score, limit, newest first or '' → `runId, score, value …`: the runs after
   * the cursor; a value is the run's summary, or of closed ones their bytes. A cursor's run that is gone is put back
   * to find its place.
   */
  page: `
local index, score, limit, reverse = base .. ':' .. ARGV[2], ARGV[3], ARGV[4], ARGV[5] ~= ''
local rank, start = reverse and 'ZREVRANK' or 'ZRANK', 0
if runId ~= '' then
  local at = redis.call(rank, index, runId)
  if at then
    start = at + 1
  else
    redis.call('ZADD', index, score, runId)
    start = redis.call(rank, index, runId)
    redis.call('ZREM', index, runId)
  end
end
local found = redis.call(reverse and 'ZREVRANGE' or 'ZRANGE', index, start, start + limit - 1, 'WITHSCORES')
local page = {}
for item = 1, #found, 2 do
  page[#page + 1] = found[item]
  page[#page + 1] = found[item + 1]
  page[#page + 1] = reverse and redis.call('HGET', base .. ':summaries', found[item])
    or redis.call('HGET', base .. ':run:' .. found[item], 'bytes')
end
return page`,

  /**
   * run, epoch, head, rewrites, fresh key or '', entries and bytes more → 1; 0, epoch: fenced; 2: somebody else has
   * rewritten it meanwhile. What follows the head is carried over, and the fresh stream takes the run's place.
   */
  rewrite: `
local _, epoch, head, rewrites, fresh, entries, bytes = unpack(ARGV)
local run = redis.call('HMGET', runKey, 'epoch', 'head', 'closed', 'rewrites')
if not run[1] then return {-1} end
if run[1] ~= epoch then return {0, run[1]} end
if run[4] ~= rewrites then return {2} end
if fresh ~= '' then
  local from = '(' .. entryId(epoch, head)
  while true do
    local page = redis.call('XRANGE', logKey, from, '+', 'COUNT', 100)
    for _, entry in ipairs(page) do redis.call('XADD', fresh, entry[1], unpack(entry[2])) end
    if #page < 100 then break end
    from = '(' .. page[#page][1]
  end
  redis.call('PERSIST', fresh)
  redis.call('RENAME', fresh, logKey)
  redis.call('HINCRBY', runKey, 'rewrites', 1)
  redis.call('HINCRBY', runKey, 'entries', entries)
  redis.call('HINCRBY', runKey, 'bytes', bytes)
  redis.call('HINCRBY', base .. ':totals', 'bytes', bytes)
end
if run[3] == '1' and run[2] == head then redis.call('ZREM', base .. ':loose', runId) end
return {1}`,

  /** Reader, revision, `{ runs: [[runId, seq] …], done: [runId …] }` → 1. A run's id holds no colon. */
  keepPlace: `
local place, change = base .. ':place:' .. ARGV[1], cjson.decode(ARGV[3])
redis.call('HSET', place, ':revision', ARGV[2])
for _, run in ipairs(change.runs) do redis.call('HSET', place, run[1], run[2]) end
for _, run in ipairs(change.done) do redis.call('HDEL', place, run) end
return 1`,

  /** Reader → `field, value …`. */
  place: `return redis.call('HGETALL', base .. ':place:' .. ARGV[1])`,

  /** –, ms, limit, place → `runId, epoch …` of open runs that nothing was written to for so long, the longest first. */
  silent: `
local found = redis.call('ZRANGEBYSCORE', base .. ':alive', '-inf', nowMs() - ARGV[2], 'LIMIT', ARGV[4], ARGV[3])
local runs = {}
for index, run in ipairs(found) do
  runs[index * 2 - 1] = run
  runs[index * 2] = redis.call('HGET', base .. ':run:' .. run, 'epoch') or '0'
end
return runs`,

  /** run, epoch → 1. Whoever looks for silent runs finds it at once, unless it was taken over. */
  release: `
local run = redis.call('HMGET', runKey, 'epoch', 'closed')
if run[1] == ARGV[2] and run[2] ~= '1' then redis.call('ZADD', base .. ':alive', 0, runId) end
return 1`,

  /** run, command, ms that it is kept → 1; 0: the run is closed; -1: there is none. */
  send: `
local closed = redis.call('HGET', runKey, 'closed')
if not closed then return -1 end
if closed == '1' then return 0 end
local key = base .. ':cmd:' .. runId
redis.call('XADD', key, '*', 'c', ARGV[2])
redis.call('PEXPIRE', key, ARGV[3])
redis.call('SADD', base .. ':commanded', runId)
redis.call('PUBLISH', base .. ':nudge', runId)
return 1`,

  /** run, id of the last one that is known or `-` → `id, command …`, in the order in which they came; none: no more. */
  commands: `
local from = ARGV[2] == '-' and '-' or '(' .. ARGV[2]
local found = redis.call('XRANGE', base .. ':cmd:' .. runId, from, '+', 'COUNT', 100)
if #found == 0 and from == '-' then redis.call('SREM', base .. ':commanded', runId) end
local commands = {}
for index, entry in ipairs(found) do
  commands[index * 2 - 1] = entry[1]
  commands[index * 2] = entry[2][2]
end
return commands`,

  /** run, id of a command → 1. */
  commandDone: `
local key = base .. ':cmd:' .. runId
redis.call('XDEL', key, ARGV[2])
if redis.call('XLEN', key) > 0 then return 1 end
redis.call('DEL', key)
redis.call('SREM', base .. ':commanded', runId)
return 1`,

  /** –, ms after which it is forgotten, runs … → 1. */
  watched: `
local now = nowMs()
for index = 3, #ARGV do redis.call('ZADD', base .. ':watched', now, ARGV[index]) end
redis.call('ZREMRANGEBYSCORE', base .. ':watched', '-inf', now - ARGV[2])
return 1`,

  /** run → ms since anybody was known to watch it, or -1. */
  lastWatched: `
local at = redis.call('ZSCORE', base .. ':watched', runId)
return at and nowMs() - at or -1`,

  /** Name, owner, its ms → 1, or 0 while it is somebody else's. */
  lease: `
local key = base .. ':lease:' .. ARGV[1]
local owner = redis.call('GET', key)
if owner and owner ~= ARGV[2] then return 0 end
redis.call('SET', key, ARGV[2], 'PX', ARGV[3])
return 1`,

  /** Name, owner: lets go. */
  endLease: `
local key = base .. ':lease:' .. ARGV[1]
if redis.call('GET', key) == ARGV[2] then redis.call('DEL', key) end
return 1`,
};

export type ScriptName = keyof typeof SOURCES;

/** A script and the SHA-1 by which Redis knows it. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

export type Scripts = Readonly<Record<ScriptName, Script>>;

/** `change` is for tests that plant a bug. */
export function createScripts(change: (source: string) => string = (source) => source): Scripts {
  const scripts = Object.entries(SOURCES).map(([name, body]) => {
    const source = change(PRELUDE + body);
    return [name, { source, sha: createHash("sha1").update(source).digest("hex") }];
  });
  return Object.fromEntries(scripts) as Scripts;
}
