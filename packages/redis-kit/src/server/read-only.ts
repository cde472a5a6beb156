/** How Redis begins its refusal of a write while it is a replica. */
const READ_ONLY = 'READONLY';

/** Whether a server refused a write because it is a replica: then the primary is another one. */
export function isReadOnly(error: Error): boolean {
  return error.message.startsWith(READ_ONLY);
}

/**
 * Lua, to stand before a script that does many things at a time and tells of each what came of it: makes an error reply of
 * what was caught, and says whether it has to be the reply of the whole script. A refusal by a replica has to, because a
 * client looks for it in the reply of a command.
 */
export const CAUGHT_LUA = `
local function caught(thrown)
  local message = type(thrown) == 'table' and thrown.err or tostring(thrown)
  return redis.error_reply(message), string.sub(message, 1, ${READ_ONLY.length}) == '${READ_ONLY}'
end
`;
