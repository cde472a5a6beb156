import { describe, expect, it } from '@jest/globals';
import { isFaultOfTheCall } from './is-fault-of-the-call.ts';

function replyError(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

describe('isFaultOfTheCall', () => {
  it.each([
    replyError('WRONGTYPE Operation against a key holding the wrong kind of value'),
    replyError('ERR value is not an integer or out of range script: 1f, on @user_script:30.'),
    new TypeError("Cannot read properties of undefined (reading 'at')"),
    new RangeError('Invalid time value'),
  ])('blames the call for %s', (error) => expect(isFaultOfTheCall(error)).toBe(true));

  it.each([
    replyError("OOM command not allowed when used memory > 'maxmemory'."),
    replyError("READONLY You can't write against a read only replica."),
    replyError('LOADING Redis is loading the dataset in memory'),
    new Error('Connection is closed.'),
    new Error('Command timed out'),
    'not an error',
  ])('does not blame the call for %s', (error) => expect(isFaultOfTheCall(error)).toBe(false));
});
