import { describe, expect, it } from '@jest/globals';
import { formatLogLine, readLogLine } from './log-line.ts';

describe('a line of a service', () => {
  it('is shown with its level, its words and its fields', () => {
    const line = JSON.stringify({
      level: 30,
      time: 1,
      service: 'persister',
      instance: 'persister-1',
      pid: 7,
      call_sid: 'CA123',
      fields: ['budget', 'location'],
      exchanges: 8,
      msg: 'Persisting collected data to database',
    });
    const read = readLogLine(line);
    expect(read && formatLogLine(read)).toBe(
      "INFO - Persisting collected data to database | call_sid=CA123 | fields=['budget', 'location'] | exchanges=8",
    );
  });

  it.each(['plain text', '{"level":30}', '7', 'null'])('is left alone where it is no log: %s', (line) => {
    expect(readLogLine(line)).toBeUndefined();
  });
});
