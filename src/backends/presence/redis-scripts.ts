// What presence asks of Redis in one step. Each script keeps to keys of one slot, so that a cluster runs it too.

/**
 * The hash of nodes: id → "<time of the last heartbeat in ms> <connections>". Time is the server's, which all share.
 */
const LIVING = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function living(timeout, forget)
  local found = {}
  local nodes = redis.call('HGETALL', KEYS[1])
  for i = 1, #nodes, 2 do
    local at, connections = string.match(nodes[i + 1], '^(%d+) (%d+)$')
    if now - tonumber(at) <= timeout then
      found[#found + 1] = nodes[i]
      found[#found + 1] = tonumber(connections)
    elseif forget then
      redis.call('HDEL', KEYS[1], nodes[i])
    end
  end
  return found
end
`;

/** KEYS: nodes. ARGV: timeout. Gives id, connections, id, connections … of the living nodes. */
export const READ_NODES = `${LIVING} return living(tonumber(ARGV[1]), false)`;

/**
 * KEYS: nodes. ARGV: timeout, own id, own connections. Gives 1 where the node was known, else 0, then what READ_NODES
 * gives. Forgets dead nodes.
 */
export const BEAT = `${LIVING}
local known = redis.call('HEXISTS', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[1], ARGV[2], string.format('%.0f %s', now, ARGV[3]))
local found = living(tonumber(ARGV[1]), true)
table.insert(found, 1, known)
return found
`;

/**
 * KEYS: the channel's users on this node, then on each other living node. ARGV: SADD or SREM, user, lifetime, the most
 * users that changes are announced in. Gives whether no other node has the user, and whether there are more users than
 * that, the one who comes or goes included. The exact number is found out only where it is near the limit, so that the
 * 5,000th costs what the 5th does.
 */
export const CHANGE = `
local command, user, limit = ARGV[1], ARGV[2], tonumber(ARGV[4])
if command == 'SADD' then
  redis.call('SADD', KEYS[1], user)
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
local function crowded()
  local sum = 0
  for _, key in ipairs(KEYS) do
    local size = redis.call('SCARD', key)
    if size > limit then return 1 end
    sum = sum + size
  end
  if sum <= limit then return 0 end
  local seen, distinct = {}, 0
  for _, key in ipairs(KEYS) do
    for _, id in ipairs(redis.call('SMEMBERS', key)) do
      if not seen[id] then
        seen[id] = true
        distinct = distinct + 1
        if distinct > limit then return 1 end
      end
    end
  end
  return 0
end
local edge = 1
for i = 2, #KEYS do
  if redis.call('SISMEMBER', KEYS[i], user) == 1 then edge = 0 end
end
local result = {edge, crowded()}
if command == 'SREM' then redis.call('SREM', KEYS[1], user) end
return result
`;

/** KEYS: sets. Gives how many different members they have. */
export const COUNT = `
if #KEYS == 1 then return redis.call('SCARD', KEYS[1]) end
return #redis.call('SUNION', unpack(KEYS))
`;

/** KEYS: a set. ARGV: lifetime. Prolongs it and gives its size. */
export const PROLONG = `
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('SCARD', KEYS[1])
`;

/** KEYS: a set. ARGV: lifetime, members (any number). Makes it exactly these. */
export const REPLACE = `
redis.call('DEL', KEYS[1])
if #ARGV > 1 then
  redis.call('SADD', KEYS[1], unpack(ARGV, 2))
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
`;
