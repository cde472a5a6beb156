import { describe, expect, it } from '@jest/globals';
import { wholeNumber } from '@turnlog/service-kit';
import { listFlag, switchFlag, text, valueFlag } from './flags.ts';
import { readArguments } from './read-arguments.ts';

const flags = {
  last: valueFlag(wholeNumber(1, 100), '<n>', 'how many'),
  name: valueFlag(text, '<name>', 'a name'),
  folder: listFlag(text, '<folder>', 'a folder'),
  drop: valueFlag(text, '<how>', 'how', { bare: 'no-stop' }),
  json: switchFlag('as JSON'),
};

describe('readArguments', () => {
  it('reads values, switches and positionals', () => {
    expect(readArguments(['CA1', '--last', '5', '--json'], flags)).toEqual({
      values: { last: 5, name: undefined, folder: [], drop: undefined, json: true },
      positionals: ['CA1'],
    });
  });

  it.each([
    [['--drop'], 'no-stop'],
    [['--drop', '--json'], 'no-stop'],
    [['--drop', 'terminate'], 'terminate'],
  ])('reads a flag with an optional value: %j', (args, drop) => {
    expect(readArguments(args, flags).values.drop).toBe(drop);
  });

  it('reads a flag that may be repeated, in order', () => {
    const { values } = readArguments(['--folder', 'b', '--folder', 'a'], flags);
    expect(values.folder).toEqual(['b', 'a']);
  });

  it.each([
    [['--lost', '5'], 'Unknown option \'--lost\'. Did you mean "--last"? --help lists the flags.'],
    [['--nothing'], "Unknown option '--nothing'. --help lists the flags."],
    [['--last'], "Option '--last <value>' argument missing."],
    [['--json=yes'], "Option '--json' does not take an argument."],
    [['--last', 'many'], '--last: expected a whole number from 1 to 100, got "many".'],
    [['--folder', 'a', '--folder', ''], '--folder: expected some text, got nothing.'],
    [['--name', ''], '--name: expected some text, got nothing.'],
  ])('describes the problem of %j', (args, sentence) => {
    expect(() => readArguments(args, flags)).toThrow(sentence);
  });
});
