import { type Guard } from '../guard.ts';

const SCRIPT = 'packages/call-log/src/append/append-script.ts';
const LIMITS = 'packages/call-log/src/append/append-lua.ts';
const APPENDER_TEST = 'packages/call-log/src/append/appender.integration.test.ts';

/** Limits of a call, and what is accepted beyond them. */
export const appendLimitGuards: readonly Guard[] = [
  {
    name: 'call-bytes',
    keeps: 'a call does not take more memory than services and Postgres can handle',
    file: LIMITS,
    text: 'and bytes + #text <= maxBytes * factor then',
    without: 'then',
    test: {
      file: APPENDER_TEST,
      name: 'a call that is full by its bytes accepts events that fit to the byte, counts UTF-8, and refuses larger ones until a smaller one fits',
    },
  },
  {
    name: 'bounded-openings',
    keeps: 'a call does not grow with connections that come and go',
    file: LIMITS,
    text: "if isEnd and call('HGET', head, 'c:' .. string.sub(connection, 2)) == 'open' then return nil end",
    without: 'if not isPlain then return nil end',
    test: {
      file: APPENDER_TEST,
      name: 'a call that is full by its bytes does not accept any number of openings, nor ends of connections that never opened',
    },
  },
  {
    name: 'acknowledged-is-taken',
    keeps: 'an event that a spool acknowledged is not refused later',
    file: LIMITS,
    text: "if limits == 'none' then return nil end",
    without: '',
    test: {
      file: APPENDER_TEST,
      name: 'a call that is full by its bytes accepts events that were acknowledged before',
    },
  },
  {
    name: 'bytes-of-old-logs',
    keeps: 'a call in progress during an upgrade is limited too',
    file: SCRIPT,
    text: 'bytes = bytes or (seq > 0 and countBytes(log) or 0)',
    without: 'bytes = bytes or 0',
    test: {
      file: APPENDER_TEST,
      name: 'a call that is full by its bytes counts the bytes of a log that a version without the counter wrote',
    },
  },
  {
    name: 'append-fails-alone',
    keeps: 'a key of another type blocks no other call',
    file: SCRIPT,
    text: 'if isOfAll then return error end',
    without: 'if true then return error end',
    test: { file: APPENDER_TEST, name: 'a call whose key is of another type fails alone' },
  },
  {
    name: 'run-read-by-script',
    keeps: 'a failover behind a proxy that keeps connections loses no acknowledged report',
    file: SCRIPT,
    text: 'string.sub(info, before + 1,',
    without: "string.sub(string.rep('a', 99), 1,",
    test: {
      file: 'packages/call-log/src/append/kept-connection.integration.test.ts',
      name: 'a log that lost its newest events behind a proxy that keeps connections starts a new epoch',
    },
  },
  {
    name: 'run-read-behind-the-pipeline',
    keeps: 'the same if scripts may not call INFO',
    file: 'packages/call-log/src/append/appender.ts',
    text: '[asked.barrier(run), ...barriers]',
    without: 'barriers',
    test: {
      file: 'packages/call-log/src/append/kept-connection.integration.test.ts',
      name: 'if scripts may not call INFO, events that another server accepted do not count until they are resent',
    },
  },
];
