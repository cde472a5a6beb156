/** How long the head of a released call stays: gateways look at it every few seconds, and let go of what it says is safe. */
export const KEEP_HEAD_MS = 60_000;

/**
 * Lua, to stand before a script that releases calls: deletes the log, ids, session and turns of a persisted call. Its head
 * stays for a moment, as a gateway that finds none takes the call for lost and sends it again. Memory is freed first.
 */
export const RELEASE_LUA = `
local function release(head, keys)
  for i = 1, #keys do redis.call('PEXPIRE', keys[i], 0) end
  redis.call('HSET', head, 'expiring', 1, 'released', 1)
  redis.call('PEXPIRE', head, ${KEEP_HEAD_MS})
end
`;
