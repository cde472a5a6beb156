/**
 * How long the head of a call stays at least: its gateway looks at it every few seconds, and lets go of what it says is
 * persisted. One that finds no head takes the call for lost, and sends it again.
 */
export const KEEP_HEAD_MS = 60_000;

/**
 * Lua, to stand before a script that releases calls: deletes the log, ids, session and turns of a persisted call, and keeps its
 * head. Memory is freed before anything is noted.
 */
export const RELEASE_LUA = `
local function release(keys, head, keepHeadMs)
  for i = 1, #keys do redis.call('PEXPIRE', keys[i], 0) end
  redis.call('PEXPIRE', head, keepHeadMs)
end
`;
