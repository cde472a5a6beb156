import { describe, expect, it } from '@jest/globals';
import { terminalWith } from './cli.test-support.ts';
import { summaries } from './commands/all-commands.ts';

const turnlog = terminalWith({});

describe('turnlog', () => {
  it.each([[[]], [['help']], [['--help']]])('shows its help: %j', async (args) => {
    const { code, out } = await turnlog(...args);
    expect(code).toBe(0);
    for (const [name, summary] of Object.entries(summaries))
      expect(out).toContain(`  ${name.padEnd(14)}${summary}\n`);
  });

  it.each(Object.keys(summaries))('has help for %s', async (name) => {
    const { code, out } = await turnlog(name, '--help');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^turnlog ${name}: .*\n\nUsage: ./turnlog ${name}`));
    expect(await turnlog('help', name)).toEqual({ code, out, err: '' });
  });

  it('has no line of help that is wider than a terminal', async () => {
    const helps = await Promise.all(Object.keys(summaries).map((name) => turnlog(name, '--help')));
    const widest = helps.flatMap(({ out }) => out.split('\n')).map((line) => line.length);
    expect(Math.max(...widest)).toBeLessThanOrEqual(120);
  });

  it.each([
    [['calls', '--lost'], 'Unknown option \'--lost\'. Did you mean "--last"? --help lists the flags.'],
    [['show'], 'Missing argument <callSid>. Usage: turnlog show <callSid>'],
    [['show', 'a', 'b'], 'Unexpected argument "b". Usage: turnlog show <callSid>'],
    [
      ['load', '--pace', '0'],
      '--pace: expected realtime, flat-out, or how many times faster than real time, got "0".',
    ],
    [
      ['load', '--url', 'ws://127.0.0.1:1', '--wav', 'missing.wav'],
      "The WAV can't be read: ENOENT: no such file or directory, open 'missing.wav'.",
    ],
    [
      ['load', '--url', 'ws://127.0.0.1:1', '--wav', 'package.json'],
      'Not a WAV file: it does not begin with a RIFF/WAVE header.',
    ],
    [['--hlep'], 'There is no command "--hlep". Did you mean "--help"? There are: up, calls,'],
    [['clals'], 'There is no command "clals". Did you mean "calls"? There are: up, calls,'],
  ])('has a sentence for %j', async (args, sentence) => {
    const { code, out, err } = await turnlog(...args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.startsWith(sentence)).toBe(true);
    expect(err).not.toContain('    at ');
  });

  it.each([
    [['show', '--nothing', '--json'], "Unknown option '--nothing'. --help lists the flags."],
    [['show', '--json'], 'Missing argument <callSid>. Usage: turnlog show <callSid>'],
    [['clals', '--json'], expect.stringMatching(/^There is no command "clals"\./)],
    [['--json'], expect.stringMatching(/^There is no command "--json"\./)],
    [['verify', '--all', '--json'], expect.stringMatching(/^No Postgres is known: /)],
    [['monitor', '--json'], expect.stringMatching(/^No Redis is known: /)],
    [['load', '--json'], expect.stringMatching(/^No gateway is known: /)],
  ])('fails with one document on standard output for %j', async (args, message) => {
    const { code, out, err } = await turnlog(...args);
    expect(code).toBe(1);
    const document = JSON.parse(out) as { error: { message: string } };
    expect(document).toEqual({ error: { message } });
    expect(err).toBe(`${document.error.message}\n`);
  });

  it.each([
    [{ npm_lifecycle_event: 'turnlog' }, 'npm run -s turnlog --'],
    [{ TURNLOG_COMMAND: 'docker compose run --rm turnlog' }, 'docker compose run --rm turnlog'],
  ])('shows how it was started: %j', async (env, program) => {
    const { out } = await terminalWith(env)('--help');
    expect(out).toContain(`\nUsage: ${program} <command> [flags]\n`);
  });

  it('gives the code of an error that has one', async () => {
    const { out } = await turnlog('migrate', '--database', 'postgres://u:p@127.0.0.1:1/d', '--json');
    const { error } = JSON.parse(out) as { error: object };
    expect(error).toMatchObject({ code: 'unreachable' });
  });

  it('adds the stack on request', async () => {
    const { err } = await terminalWith({ TURNLOG_DEBUG: '1' })('clals');
    expect(err).toContain('    at ');
  });
});
