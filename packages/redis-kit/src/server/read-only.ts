/** The start of a replica's error for a write. */
const READ_ONLY = 'READONLY';

/** Whether a server refused a write because it is a replica: then the primary is another one. */
export function isReadOnly(error: Error): boolean {
  return error.message.startsWith(READ_ONLY);
}

/**
 * Lua for scripts that do many things at a time and report on each: makes an error reply of a caught error,
 * and decides whether it must be the reply of the whole script. A refusal by a replica must be, because a
 * client looks for it in the reply of a command.
 */
export const CAUGHT_LUA = `
local function caught(thrown)
  local message = type(thrown) == 'table' and thrown.err or tostring(thrown)
  return redis.error_reply(message), string.sub(message, 1, ${READ_ONLY.length}) == '${READ_ONLY}'
end
`;
