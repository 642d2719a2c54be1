/**
 * One key of Redis holds one entry: `v…` a value, `t…` a tombstone left by an invalidation, nothing when unknown.
 * Its name contains the epoch, so that changing the epoch empties the tier. Scripts run alone in Redis, which is
 * what makes compare-and-set safe.
 */

/** KEYS: epoch. ARGV: prefix, epoch to begin with, then entry keys. @returns the epoch, and what each key holds. */
export const lookupScript = `
local epoch = redis.call('GET', KEYS[1])
if not epoch then
  epoch = ARGV[2]
  redis.call('SET', KEYS[1], epoch)
end
local names = {}
for i = 3, #ARGV do
  names[#names + 1] = ARGV[1] .. epoch .. ':' .. ARGV[i]
end
return { epoch, redis.call('MGET', unpack(names)) }
`

/**
 * KEYS: epoch. ARGV: prefix, time to live in ms, then for each entry its key, and of its lease the epoch and the
 * state (empty: nothing was there), and the value. Stores only where both are still as they were.
 */
export const fillScript = `
local epoch = redis.call('GET', KEYS[1])
for i = 3, #ARGV, 4 do
  if epoch == ARGV[i + 1] then
    local name = ARGV[1] .. epoch .. ':' .. ARGV[i]
    if (redis.call('GET', name) or '') == ARGV[i + 2] then
      redis.call('SET', name, ARGV[i + 3], 'PX', ARGV[2])
    end
  end
end
`

/** KEYS: epoch. ARGV: prefix, time to live in ms, tombstone, then entry keys. Without an epoch there are no entries. */
export const invalidateScript = `
local epoch = redis.call('GET', KEYS[1])
if epoch then
  for i = 4, #ARGV do
    redis.call('SET', ARGV[1] .. epoch .. ':' .. ARGV[i], ARGV[3], 'PX', ARGV[2])
  end
end
`
