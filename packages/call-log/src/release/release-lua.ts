/**
 * The least time to keep the head of a call: its gateway reads it every few seconds and drops persisted
 * events. A gateway that finds no head takes the call for lost, and resends it.
 */
export const KEEP_HEAD_MS = 60_000;

/**
 * Lua for scripts that release calls: deletes the log, ids, session and turns of a persisted call, and keeps
 * its head. Frees memory before it writes anything.
 */
export const RELEASE_LUA = `
local function release(keys, head, keepHeadMs)
  for i = 1, #keys do redis.call('PEXPIRE', keys[i], 0) end
  redis.call('PEXPIRE', head, keepHeadMs)
end
`;
