// What do the scripts of the store have in common?
//
// Lua 5.1. Every number in here is a safe integer, exact in a double; it becomes text by '%.0f' alone.

/** Reads the counters of a shard: KEYS[2]. */
export const COUNTERS = `
local function counters(tag)
  local held = redis.call('HMGET', KEYS[2], tag, 'n', 'a')
  local generation, version = 0, 0
  if held[1] then
    generation, version = string.match(held[1], '^(%d+),(%d+)$')
    generation, version = tonumber(generation), tonumber(version)
  end
  return generation, version, tonumber(held[2] or 0), tonumber(held[3] or 0)
end
local function pair(one, two)
  return string.format('%.0f,%.0f', one, two)
end`

/**
 * Tells of a session, read as its fields e, g and c, when it was created and the id of its user or nil; why it is dead for everybody or, where
 * that cannot be read, that it is corrupt, and its principal's version; and answers who wanted to change it.
 */
export const LIVENESS = `
local function origin(held)
  local created, user = string.match(held[3] or '', '^(.-),.-,(.*)$')
  return tonumber(created), user ~= '' and user or nil
end
local function why_dead(held, tag, now)
  if not held[1] then return 'expired' end
  local created, user = origin(held)
  local ends = tonumber(held[1])
  if not created or not ends then return 'corrupt' end
  local generation, version, guests, all = counters(tag)
  if (held[2] or '0,0') ~= pair(user and generation or guests, all) then return 'revoked' end
  if ends + created <= now then return 'expired' end
  return nil, user and version or 0
end
local function unchangeable(reason)
  return answer({ reason == 'corrupt' and reason or 'missing' })
end
local function time_to_live(instant, now)
  return string.format('%.0f', math.min(math.max(instant - now, 1), 1e14))
end`

/** Calls a function with a list, a thousand at a time. */
export const THOUSANDS = `
local function each_thousand(list, first, last, run)
  for i = first, last, 1000 do run(unpack(list, i, math.min(i + 999, last))) end
end`

/** Takes an entry from its part of the index. */
export const UNLIST = `
local function unlist(index, parts, entry)
  local removed = redis.call('ZREM', index, entry)
  if redis.call('EXISTS', index) == 0 then redis.call('SETBIT', parts, tonumber(string.match(index, '%x%x$'), 16), 0) end
  return removed
end`

/** Remembers what a request was answered, so that the same one, sent again, is answered alike and changes nothing. */
export function REQUESTS(milliseconds: number): string {
  return `
local function remembered(key)
  local kept = redis.call('GET', key)
  return kept and cmsgpack.unpack(kept)
end
local function remember(key, reply)
  redis.call('SET', key, cmsgpack.pack(reply), 'PX', ${milliseconds})
  return reply
end`
}

/** Reads packed attributes and the tally of them, and removes what has expired; see redis-pack.ts. */
export const ATTRIBUTES = `
local byte, char, sub = string.byte, string.char, string.sub
local function number_at(packed, at)
  local sum, scale = 0, 1
  while true do
    local digit = byte(packed, at)
    at = at + 1
    if digit < 64 then return sum + digit * scale, at end
    sum = sum + (digit - 64) * scale
    scale = scale * 64
  end
end
local function difference_at(packed, at)
  local number, after = number_at(packed, at)
  if number % 2 == 0 then return number / 2, after end
  return -(number + 1) / 2, after
end
local function unpacked(packed, base)
  local flags, at, number = byte(packed), 2, nil
  local it = { sealed = flags % 2 == 1, created = base, revision = 1 }
  if flags % 4 >= 2 then
    number, at = difference_at(packed, at)
    it.created = base + number
  end
  if flags % 8 >= 4 then number, at = difference_at(packed, at) end
  if flags % 16 >= 8 then
    number, at = difference_at(packed, at)
    it.expiry = base + number
  end
  if flags >= 16 then it.revision, at = number_at(packed, at) end
  it.at, it.bytes = at, #packed - at + 1
  return it
end
local function tally_text(tally)
  local earliest = tally.earliest and string.format('%.0f', tally.earliest) or ''
  return string.format('%.0f,%.0f,%.0f,', tally.writes, tally.count, tally.bytes) .. earliest
end
local function purged(key, base, text, now)
  local writes, count, bytes, earliest = string.match(text or '0,0,0,', '^(%d+),(%d+),(%d+),(%-?%d*)$')
  local tally = { writes = tonumber(writes), count = tonumber(count), bytes = tonumber(bytes), earliest = tonumber(earliest) }
  if not tally.earliest or tally.earliest > now then return tally end
  tally.earliest = nil
  local fields, gone = redis.call('HGETALL', key), {}
  for i = 1, #fields, 2 do
    local it = byte(fields[i]) == 61 and unpacked(fields[i + 1], base)
    if it and it.expiry and it.expiry <= now then
      gone[#gone + 1] = fields[i]
      tally.count = tally.count - 1
      tally.bytes = tally.bytes - (#fields[i] - 1) - it.bytes
    elseif it and it.expiry then
      tally.earliest = math.min(it.expiry, tally.earliest or it.expiry)
    end
  end
  each_thousand(gone, 1, #gone, function(...) redis.call('HDEL', key, ...) end)
  redis.call('HSET', key, 'q', tally_text(tally))
  return tally
end`

/** Arrives at what changes of attributes, which begin at an index of ARGV, set and remove; see UPDATE for their form and for what it has read. */
export const CHANGES = `
local MOST = 9007199254740991
local function digits(number, signed)
  if signed then number = number >= 0 and 2 * number or -2 * number - 1 end
  local text = ''
  while number >= 64 do
    text = text .. char(number % 64 + 64)
    number = math.floor(number / 64)
  end
  return text .. char(number)
end
local function repacked(base, sealed, created, modified, expiry, revision, value)
  local flags, rest = sealed and 1 or 0, ''
  if created ~= base then flags, rest = flags + 2, rest .. digits(created - base, true) end
  if modified ~= created then flags, rest = flags + 4, rest .. digits(modified - created, true) end
  if expiry then flags, rest = flags + 8, rest .. digits(expiry - base, true) end
  if revision ~= 1 then flags, rest = flags + 16, rest .. digits(revision) end
  return char(flags) .. rest .. value
end
local function number_of(it, packed)
  if not it then return 0 end
  local text = sub(packed, it.at)
  if text ~= '0' and not string.find(text, '^%-?[1-9]%d*$') then return nil end
  local number = tonumber(text)
  return math.abs(number) <= MOST and number or nil
end
local function refusal(it, packed, when, what, unseal, revision, operand)
  if when == 'a' and it then return 'exists' end
  if when == 'p' and not it then return 'absent' end
  if revision ~= '' and tonumber(revision) ~= (it and it.revision or 0) then return 'revision' end
  if it and it.sealed and (what == '+' or what == 't' and unseal ~= 'u') then return 'sealed' end
  if what == '+' then
    local number = number_of(it, packed)
    if not number or math.abs(number + tonumber(operand)) > MOST then return 'not-a-number' end
  end
  return nil
end
local function change(key, base, held, first, now, most_attributes, most_bytes)
  local tally = purged(key, base, held[6], now)
  local count, bytes = tally.count, tally.bytes
  local revision = tally.writes + 1
  local reply, conflicts, set, gone = { 'done' }, { 'conflict' }, {}, {}
  for i = first, #ARGV, 3 do
    local name, descriptor, operand, expiry, expected = ARGV[i], ARGV[i + 1], ARGV[i + 2], '', ''
    local when, what, unseal = sub(descriptor, 1, 1), sub(descriptor, 2, 2), sub(descriptor, 3, 3)
    if #descriptor > 3 then expiry, expected = string.match(descriptor, '^...([^,]*),(.*)$') end
    local packed = held[7 + (i - first) / 3]
    local it = packed and unpacked(packed, base)
    if it and it.expiry and it.expiry <= now then it = nil end
    local reason = refusal(it, packed, when, what, unseal, expected, operand)
    if reason then
      conflicts[#conflicts + 1] = sub(name, 2)
      conflicts[#conflicts + 1] = reason
    elseif what == 'r' then
      if it then
        gone[#gone + 1] = name
        tally.count = tally.count - 1
        tally.bytes = tally.bytes - (#name - 1) - it.bytes
      end
    elseif it or what ~= 'k' then
      local value, sealed = operand, what == 'b'
      if what == 'k' then value, sealed = sub(packed, it.at), it.sealed end
      if what == '+' then
        value = string.format('%.0f', number_of(it, packed) + tonumber(operand))
        reply[#reply + 1] = sub(name, 2)
        reply[#reply + 1] = value
      end
      local ends = it and it.expiry
      if expiry == 'n' then ends = nil elseif expiry ~= '' then ends = tonumber(expiry) end
      if ends then tally.earliest = math.min(ends, tally.earliest or ends) end
      set[#set + 1] = name
      set[#set + 1] = repacked(base, sealed, it and it.created or now, now, ends, revision, value)
      tally.count = tally.count + (it and 0 or 1)
      tally.bytes = tally.bytes + #value + (it and -it.bytes or #name - 1)
    end
  end
  if #conflicts > 1 then return conflicts end
  if most_attributes and tally.count > most_attributes and tally.count > count then return { 'full', 'attributes' } end
  if most_bytes and tally.bytes > most_bytes and tally.bytes > bytes then return { 'full', 'bytes' } end
  if #set + #gone > 0 then
    tally.writes = revision
    set[#set + 1] = 'q'
    set[#set + 1] = tally_text(tally)
  end
  return reply, set, gone
end`
