// Which scripts run on the server, what does each take, and what does it answer?
//
// Every script answers `{ reply, replication }`: what it came to, as text, and `INFO replication` where its first argument is `1`
// (see redis-confirm.ts), otherwise an empty string. A script touches no key but those in KEYS, so that a cluster refuses it whole while
// their slot is on its way to another server.
import { hash } from 'node:crypto'
import { HISTORY_LIMIT } from '../../engine/store.ts'
import { ATTRIBUTES, CHANGES, COUNTERS, LIVENESS, REQUESTS, THOUSANDS, UNLIST } from './redis-script-parts.ts'

/** A script and the name Redis gives it. */
export interface Script {
  readonly source: string
  readonly sha: string
}

function script(...parts: readonly string[]): Script {
  const source = parts.map((part) => part.trim()).join('\n')
  return { source, sha: hash('sha1', source) }
}

/** How long a request is remembered, against clients that send one again after a lost connection. Unit: milliseconds. */
const REQUEST_MEMORY = 30_000

/** Reads where replication is, if asked to. */
const ANSWER = `
local function answer(reply)
  return { reply, ARGV[1] == '1' and redis.call('INFO', 'replication') or '' }
end`

/**
 * Creates a session.
 *
 * KEYS: session, counters, request, history, part of the index, parts. ARGV: report, tag, guest (`1`), created at, time to live, time to live of the history, index entry, expected generation and version or two empty, length of the history, its entries, then fields
 * and values. Replies `done`, `exists` or `superseded`.
 */
export const CREATE = script(
  ANSWER,
  COUNTERS,
  LIVENESS,
  THOUSANDS,
  REQUESTS(REQUEST_MEMORY),
  `
local known = remembered(KEYS[3])
if known then return answer(known) end
local held = redis.call('HMGET', KEYS[1], 'e', 'g', 'c', 't')
if held[1] and why_dead(held, ARGV[2], tonumber(ARGV[4])) ~= 'expired' or tonumber(held[4] or 0) > tonumber(ARGV[4]) then
  return answer({ 'exists' })
end
local generation, version, guests, all = counters(ARGV[2])
if ARGV[3] == '1' then generation, version = guests, 0 end
if ARGV[8] ~= '' and (tonumber(ARGV[8]) ~= generation or tonumber(ARGV[9]) ~= version) then return answer({ 'superseded' }) end
if held[1] or held[4] then redis.call('DEL', KEYS[1]) end
local first = 11 + tonumber(ARGV[10])
each_thousand(ARGV, first, #ARGV, function(...) redis.call('HSET', KEYS[1], ...) end)
if generation + all > 0 then redis.call('HSET', KEYS[1], 'g', pair(generation, all)) end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('DEL', KEYS[4])
if first > 11 then
  redis.call('RPUSH', KEYS[4], unpack(ARGV, 11, first - 1))
  redis.call('PEXPIRE', KEYS[4], ARGV[6])
end
redis.call('ZADD', KEYS[5], 0, ARGV[7])
redis.call('SETBIT', KEYS[6], tonumber(string.match(KEYS[5], '%x%x$'), 16), 1)
return answer(remember(KEYS[3], { 'done' }))`,
)

/**
 * Changes a live session.
 *
 * KEYS: session, counters, request, history. ARGV: report, tag, facts, expected secret hash or empty, history entry or empty, fields and values,
 * fields to remove, then three for each attribute change: field, descriptor, operand. The facts, joined by commas, most of which may be empty:
 * now, expected version, `1` for an expected absence of a data key, touch interval, new `absoluteAt`, most attributes, most bytes, count of
 * fields to set, count of fields to remove.
 * A descriptor is `<when><what><unseal>` and, where given, `<expiry>,<revision>`; when: `a`bsent, `p`resent, `x` always; what: `t`ext,
 * `b`ytes, `r`emove, `k`eep, `+`; unseal: `u` or `-`; expiry: nothing to keep, `n`ever or an instant.
 * Replies `done` with names and sums, `missing`, `corrupt`, `superseded`, `conflict` with names and reasons, or `full` with the limit.
 */
export const UPDATE = script(
  ANSWER,
  COUNTERS,
  LIVENESS,
  THOUSANDS,
  REQUESTS(REQUEST_MEMORY),
  ATTRIBUTES,
  CHANGES,
  `
local known = remembered(KEYS[3])
if known then return answer(known) end
local now, expected, absent, interval, absolute, attributes, bytes, to_set, to_remove =
  string.match(ARGV[3], '^(.-),(.-),(.-),(.-),(.-),(.-),(.-),(.-),(.-)$')
now, to_set, to_remove = tonumber(now), tonumber(to_set), tonumber(to_remove)
local first = 6 + 2 * to_set + to_remove
local wanted, held = { 'e', 'g', 'c', 'h', 'k', 'q' }, {}
for i = first, #ARGV, 3 do wanted[#wanted + 1] = ARGV[i] end
each_thousand(wanted, 1, #wanted, function(...)
  for _, value in ipairs(redis.call('HMGET', KEYS[1], ...)) do held[#held + 1] = value end
end)
local reason, version = why_dead(held, ARGV[2], now)
if reason then return unchangeable(reason) end
if ARGV[4] ~= '' and ARGV[4] ~= held[4] or expected ~= '' and tonumber(expected) ~= version or absent == '1' and held[5] then
  return answer({ 'superseded' })
end
local base = origin(held)
local reply, set, gone = { 'done' }, {}, {}
if first <= #ARGV then
  reply, set, gone = change(KEYS[1], base, held, first, now, tonumber(attributes), tonumber(bytes))
  if reply[1] ~= 'done' then return answer(reply) end
elseif held[6] then
  purged(KEYS[1], base, held[6], now)
end
local expiry
for i = 6, 5 + 2 * to_set, 2 do
  local field, value = ARGV[i], ARGV[i + 1]
  if string.find(field, '^[eany]$') then value = string.format('%.0f', value - base) end
  local soon = field == 'e' and interval ~= '' and tonumber(value) < held[1] + interval
  if not soon then
    set[#set + 1] = field
    set[#set + 1] = value
    if field == 'e' then expiry = value + base end
  end
end
for i = 6 + 2 * to_set, first - 1 do gone[#gone + 1] = ARGV[i] end
each_thousand(set, 1, #set, function(...) redis.call('HSET', KEYS[1], ...) end)
each_thousand(gone, 1, #gone, function(...) redis.call('HDEL', KEYS[1], ...) end)
if ARGV[5] ~= '' then
  redis.call('RPUSH', KEYS[4], ARGV[5])
  redis.call('LTRIM', KEYS[4], -${HISTORY_LIMIT}, -1)
end
if ARGV[5] ~= '' or absolute ~= '' then
  absolute = tonumber(absolute) or redis.call('HGET', KEYS[1], 'a') + base
  redis.call('PEXPIRE', KEYS[4], time_to_live(absolute, now))
end
remember(KEYS[3], reply)
if expiry then redis.call('PEXPIRE', KEYS[1], time_to_live(expiry, now)) end
return answer(reply)`,
)

/**
 * Pushes the deadline of a live session, which may be done twice.
 *
 * KEYS: session, counters. ARGV: report, tag, now, new `expiresAt`, touch interval or empty. Replies `done`, `missing` or `corrupt`.
 */
export const TOUCH = script(
  ANSWER,
  COUNTERS,
  LIVENESS,
  THOUSANDS,
  `
local now, expiry = tonumber(ARGV[3]), tonumber(ARGV[4])
local held = redis.call('HMGET', KEYS[1], 'e', 'g', 'c', 'q')
local reason = why_dead(held, ARGV[2], now)
if reason then return unchangeable(reason) end
local base = origin(held)
local earliest = held[4] and tonumber(string.match(held[4], '(%-?%d+)$'))
if earliest and earliest <= now then
${ATTRIBUTES}
  purged(KEYS[1], base, held[4], now)
end
if ARGV[5] == '' or expiry - base >= held[1] + ARGV[5] then
  redis.call('HSET', KEYS[1], 'e', string.format('%.0f', expiry - base))
  redis.call('PEXPIRE', KEYS[1], time_to_live(expiry, now))
end
return answer({ 'done' })`,
)

/**
 * Removes a session, and may leave a tombstone.
 *
 * KEYS: session, counters, request, history, part of the index, parts. ARGV: report, tag, now, tombstone until or empty, index entry of a
 * user's session, of a guest's. Replies `1` where it was live, else `0`.
 */
export const DELETE = script(
  ANSWER,
  COUNTERS,
  LIVENESS,
  UNLIST,
  REQUESTS(REQUEST_MEMORY),
  `
local known = remembered(KEYS[3])
if known then return answer(known) end
local now = tonumber(ARGV[3])
local held = redis.call('HMGET', KEYS[1], 'e', 'g', 'c', 't')
local live = not why_dead(held, ARGV[2], now)
local until_then = math.max(tonumber(held[4] or 0), tonumber(ARGV[4] ~= '' and ARGV[4] or 0))
if held[1] then
  local created, user = origin(held)
  redis.call('DEL', KEYS[1], KEYS[4])
  -- Of one that cannot be read nobody knows whose it was.
  if user or not created then unlist(KEYS[5], KEYS[6], ARGV[5]) end
  if not user then unlist(KEYS[5], KEYS[6], ARGV[6]) end
end
if until_then > now then
  redis.call('HSET', KEYS[1], 't', string.format('%.0f', until_then))
  redis.call('PEXPIRE', KEYS[1], time_to_live(until_then, now))
end
return answer(remember(KEYS[3], { live and '1' or '0' }))`,
)

/**
 * Raises the generation of a principal. A session that is spared keeps up with it when it has expired as well: its id is free then.
 *
 * KEYS: a session that is spared, or else the counters; counters. ARGV: report, tag, user id. Replies nothing.
 */
export const REVOKE = script(
  ANSWER,
  COUNTERS,
  LIVENESS,
  `
local generation, version, _, all = counters(ARGV[2])
if KEYS[1] ~= KEYS[2] then
  local held = redis.call('HMGET', KEYS[1], 'e', 'g', 'c')
  if held[1] and select(2, origin(held)) == ARGV[3] and (held[2] or '0,0') == pair(generation, all) then
    redis.call('HSET', KEYS[1], 'g', pair(generation + 1, all))
  end
end
redis.call('HSET', KEYS[2], ARGV[2], pair(generation + 1, version))
return answer({})`,
)

/** Raises the version of a principal. KEYS: counters, counters. ARGV: report, tag. Replies nothing. */
export const BUMP = script(
  ANSWER,
  COUNTERS,
  `
local generation, version = counters(ARGV[2])
redis.call('HSET', KEYS[2], ARGV[2], pair(generation, version + 1))
return answer({})`,
)

/** Raises a generation of a shard. KEYS: counters. ARGV: report, `n` for that of the guests or `a` for that of all. Replies nothing. */
export const REVOKE_SHARD = script(
  ANSWER,
  `
redis.call('HINCRBY', KEYS[1], ARGV[2], 1)
return answer({})`,
)

/**
 * Removes a session if it is dead, or what is left of one that Redis removed.
 *
 * KEYS: session, counters, history, part of the index, parts. ARGV: report, tag, now, index entry.
 * Replies `expired` or `revoked` and, unless it was a guest's, the user id; `gone` where an entry of the index was all; or `kept`.
 */
export const REMOVE = script(
  ANSWER,
  COUNTERS,
  LIVENESS,
  UNLIST,
  `
local held = redis.call('HMGET', KEYS[1], 'e', 'g', 'c')
local reason = why_dead(held, ARGV[2], tonumber(ARGV[3]))
if not reason or reason == 'corrupt' then return answer({ 'kept' }) end
local listed = unlist(KEYS[4], KEYS[5], ARGV[4])
if not held[1] then return answer({ listed > 0 and 'gone' or 'kept' }) end
redis.call('DEL', KEYS[1], KEYS[3])
return answer({ reason, select(2, origin(held)) })`,
)

/** Every script above, to be loaded when the store opens. */
export const SCRIPTS: readonly Script[] = [CREATE, UPDATE, TOUCH, DELETE, REVOKE, BUMP, REVOKE_SHARD, REMOVE]

/**
 * Writes something and answers `INFO replication` before it. KEYS: mark. It removes first, for a script that has done so may also write to a
 * server that is full: a session that was ended there has to be confirmed as well.
 */
export const MARK = `redis.call('DEL', KEYS[1]) redis.call('SET', KEYS[1], '1', 'PX', 60000) return redis.call('INFO', 'replication')`

/** Answers \`INFO replication\`. KEYS: mark. */
export const LOOK = `return redis.call('INFO', 'replication')`
