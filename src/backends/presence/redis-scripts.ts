// The Lua scripts of presence. Each uses only keys of one slot, so that a cluster runs it too.

/**
 * The hash of nodes: id → "<time of the last heartbeat in ms> <connections>". The time is the server's, which all
 * share. Entries of another form are not this version's and are skipped. A time far ahead is from before the clock was
 * set back.
 */
const LIVING = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function living(timeout, dead)
  local found = {}
  local nodes = redis.call('HGETALL', KEYS[1])
  for i = 1, #nodes, 2 do
    local at, connections = string.match(nodes[i + 1], '^(%d+) (%d+)$')
    if at and #at < 16 and #connections < 16 then
      if math.abs(now - tonumber(at)) <= timeout then
        found[#found + 1] = nodes[i]
        found[#found + 1] = tonumber(connections)
      elseif dead then
        redis.call('HDEL', KEYS[1], nodes[i])
        dead[#dead + 1] = nodes[i]
        dead[#dead + 1] = string.format('%.0f', math.max(0, now - tonumber(at)))
      end
    end
  end
  return found
end
`;

/** KEYS: nodes. ARGV: timeout. Returns id, connections, id, connections … of the living nodes. */
export const READ_NODES = `${LIVING} return living(tonumber(ARGV[1]))`;

/**
 * KEYS: nodes. ARGV: timeout, own id, own connections. Returns 1 if the node was known, else 0; what READ_NODES returns;
 * and of the nodes that it forgot because they are dead id, ms since the last heartbeat, id, ms … So each is told of once.
 */
export const BEAT = `${LIVING}
local known = redis.call('HEXISTS', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[1], ARGV[2], string.format('%.0f %s', now, ARGV[3]))
local dead = {}
local found = living(tonumber(ARGV[1]), dead)
return { known, found, dead }
`;

/**
 * Changes of several channels, in order. KEYS: for each channel its users on this node, then on each other living node.
 * ARGV: lifetime, the most users that changes are announced for, the number of other nodes; then for each change SADD,
 * SREM or LOOK, the place of its channel's first key, user. Returns for each whether no other node has the user, and
 * whether there are more users than that, including the one who comes or goes. The exact number is only determined near
 * the limit, so that the 5,000th user costs what the 5th does.
 */
export const CHANGE = `
local lifetime, limit, others = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local function crowded(first)
  local sum = 0
  for i = first, first + others do
    local size = redis.call('SCARD', KEYS[i])
    if size > limit then return 1 end
    sum = sum + size
  end
  if sum <= limit then return 0 end
  local seen, distinct = {}, 0
  for i = first, first + others do
    for _, id in ipairs(redis.call('SMEMBERS', KEYS[i])) do
      if not seen[id] then
        seen[id] = true
        distinct = distinct + 1
        if distinct > limit then return 1 end
      end
    end
  end
  return 0
end
local result = {}
for i = 4, #ARGV, 3 do
  local command, first, user = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2]
  if command == 'SADD' then
    redis.call('SADD', KEYS[first], user)
    redis.call('PEXPIRE', KEYS[first], lifetime)
  end
  local edge = 1
  for j = first + 1, first + others do
    if redis.call('SISMEMBER', KEYS[j], user) == 1 then edge = 0 end
  end
  result[#result + 1] = edge
  result[#result + 1] = crowded(first)
  if command == 'SREM' then redis.call('SREM', KEYS[first], user) end
end
return result
`;

/**
 * KEYS: for each living node its users, those who are away, and those who are offline. ARGV: users. Returns a digit for
 * each: 0 connected nowhere, else the place in STATUS_ORDER of redis-statuses.ts.
 */
export const STATUSES = `
local nodes = {}
for i = 1, #KEYS, 3 do
  if redis.call('SCARD', KEYS[i]) > 0 then
    local away, offline = redis.call('SCARD', KEYS[i + 1]) > 0, redis.call('SCARD', KEYS[i + 2]) > 0
    nodes[#nodes + 1] = { i, away, offline }
  end
end
local function on(node, user)
  if redis.call('SISMEMBER', KEYS[node[1]], user) == 0 then return 0 end
  if node[2] and redis.call('SISMEMBER', KEYS[node[1] + 1], user) == 1 then return 2 end
  if node[3] and redis.call('SISMEMBER', KEYS[node[1] + 2], user) == 1 then return 1 end
  return 3
end
local result = {}
for i, user in ipairs(ARGV) do
  local best = 0
  for _, node in ipairs(nodes) do
    best = math.max(best, on(node, user))
    if best == 3 then break end
  end
  result[i] = best
end
return table.concat(result)
`;

/** KEYS: sets. Returns how many different members they have. */
export const COUNT = `
if #KEYS == 1 then return redis.call('SCARD', KEYS[1]) end
return #redis.call('SUNION', unpack(KEYS))
`;

/** KEYS: sets. ARGV: lifetime. Prolongs them and returns their sizes. */
export const PROLONG = `
local sizes = {}
for i, key in ipairs(KEYS) do
  redis.call('PEXPIRE', key, ARGV[1])
  sizes[i] = redis.call('SCARD', key)
end
return sizes
`;

/** KEYS: a set. ARGV: lifetime, members (any number). Gives the set exactly these members. */
export const REPLACE = `
redis.call('DEL', KEYS[1])
if #ARGV > 1 then
  redis.call('SADD', KEYS[1], unpack(ARGV, 2))
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
`;
