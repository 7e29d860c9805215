// What changes Redis, each all at once or not at all: a job, what is said of it, and who did it are one change. Whoever
// listens to the channel is told of it.

/** Each note's digest is that of its own text and of the one before: a note that was changed or removed shows. */
const NOTE = `
local function note(key, at, by, action, about)
  local last = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
  local seq, before = 1, ''
  if last then
    seq = tonumber(string.match(last[1], '^%d+')) + 1
    before = last[2][10]
  end
  local digest = redis.sha1hex(table.concat({ before, seq, at, by, action, about }, '\\n'))
  redis.call('XADD', key, seq .. '-0', 'at', at, 'by', by, 'action', action, 'about', about, 'digest', digest)
end
`;

/**
 * Keys: job, events, all jobs, those not over, audit, idempotency. Arguments: id, time, request, place, event, who,
 * action, about, digest (empty without an idempotency key), channel. Replies with what the idempotency key holds, if it
 * came before; else nothing. A job that is there already stays: the same was sent twice.
 */
export const ADD = `
${NOTE}
local id, at, request, place, event, by, action, about, digest, channel = unpack(ARGV)
if digest ~= '' then
  local known = redis.call('GET', KEYS[6])
  if known then return known end
end
if redis.call('EXISTS', KEYS[1]) == 1 then return '' end
redis.call('HSET', KEYS[1], 'id', id, 'request', request, 'state', 'queued', 'created', at, 'attempt', 0,
  'turn', 1, 'place', place, 'holder', '', 'told', 0, 'losses', 0, 'seq', 1)
redis.call('XADD', KEYS[2], '1-0', 'at', at, 'kind', 'state', 'event', event)
redis.call('ZADD', KEYS[3], at, id)
redis.call('SADD', KEYS[4], id)
note(KEYS[5], at, by, action, about)
if digest ~= '' then redis.call('SET', KEYS[6], digest .. ' ' .. id) end
redis.call('PUBLISH', channel, id)
return ''
`;

/**
 * Keys: job, events, those not over, audit. Arguments: id, time, conditions as JSON, fields and their values as a JSON
 * list, event, its kind, who, action, about (who empty: no note), channel, how many events are kept. Replies 'changed',
 * 'told' where the holder told it before, 'refused' where a condition does not hold.
 */
export const CHANGE = `
${NOTE}
local id, at, conditions, fields, event, kind, by, action, about, channel, kept = unpack(ARGV)
local state, turn, holder, told = unpack(redis.call('HMGET', KEYS[1], 'state', 'turn', 'holder', 'told'))
local when = cjson.decode(conditions)
if not state then return 'refused' end
if when.holder and when.holder ~= holder then return 'refused' end
if when.told and tonumber(told) >= when.told then return 'told' end
if when.turn and when.turn ~= tonumber(turn) then return 'refused' end
if when.states then
  local among = false
  for _, one in ipairs(when.states) do among = among or one == state end
  if not among then return 'refused' end
end
local values = cjson.decode(fields)
if when.told then
  table.insert(values, 'told')
  table.insert(values, when.told)
end
if #values > 0 then redis.call('HSET', KEYS[1], unpack(values)) end
if event ~= '' then
  local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', kept, seq .. '-0', 'at', at, 'kind', kind, 'event', event)
end
local now = redis.call('HGET', KEYS[1], 'state')
if now == 'succeeded' or now == 'failed' or now == 'cancelled' then redis.call('SREM', KEYS[3], id)
else redis.call('SADD', KEYS[3], id) end
if by ~= '' then note(KEYS[4], at, by, action, about) end
redis.call('PUBLISH', channel, id)
return 'changed'
`;

/** Key: audit. Arguments: time, who, action, about. */
export const AUDIT = `
${NOTE}
note(KEYS[1], unpack(ARGV))
return ''
`;
