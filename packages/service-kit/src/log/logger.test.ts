import { describe, expect, it } from '@jest/globals';
import { growthOverTenfold } from '@turnlog/test-kit';
import { describeError } from './describe-error.ts';
import { createLogger, type CreateLoggerOptions, type Logger } from './logger.ts';
import { phoneTag, useLogPhoneKey } from './phone-tag.ts';
import { scrubText, stripUrlSecrets } from './scrub-text.ts';

type Line = Record<string, unknown>;

function capture(options: Partial<CreateLoggerOptions> = {}): {
  logger: Logger;
  lines: () => Line[];
  raw: () => string;
} {
  let raw = '';
  const destination = { write: (text: string) => void (raw += text) };
  const logger = createLogger({ service: 'persister', destination, ...options });
  const lines = (): Line[] =>
    raw
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
  return { logger, lines, raw: () => raw };
}

const PHONE = '+919876543210';
const WORDS = 'around fifty lakhs';

describe('createLogger', () => {
  it('says which replica of which service speaks', () => {
    const { logger, lines } = capture({ instance: 'replica-2' });
    logger.info({ call_sid: 'CA1', exchanges: 12, from: 1 }, 'Call stopped');
    expect(lines()).toEqual([
      expect.objectContaining({
        service: 'persister',
        instance: 'replica-2',
        pid: process.pid,
        level: 30,
        msg: 'Call stopped',
        call_sid: 'CA1',
        exchanges: 12,
        from: 1,
      }),
    ]);
  });

  it('shows no field that is not allowed, whatever it holds', () => {
    const { logger, lines, raw } = capture();
    logger.info(
      {
        lead: { phone: PHONE, name: WORDS },
        event: { data: { text: WORDS } },
        turns: [{ text: WORDS }],
        a: { b: { c: WORDS } },
        stats: { idle: 3, budget: WORDS, text: WORDS },
        note: 'hello',
        budget: 5_000_000,
        collected_data: { budget: WORDS },
        bytes: Buffer.from(WORDS),
        [PHONE]: 1,
        [WORDS]: 2,
      },
      'event appended',
    );
    logger.child({ collectedData: WORDS, note: WORDS }).info('child');
    logger.info('turn %o of %s, %d', { text: WORDS }, WORDS, 3);
    logger.info({ seq: 1 }, 'heard %s', WORDS);
    expect(raw()).not.toContain(WORDS);
    expect(raw()).not.toMatch(/98765432|5000000|hello/);
    expect(lines()).toMatchObject([
      {
        lead: '[removed]',
        event: '[removed]',
        turns: ['[removed]'],
        a: '[removed]',
        stats: { idle: 3, budget: '[removed]', text: '[removed]' },
        budget: '[removed]',
      },
      { collectedData: '[removed]', note: '[removed]' },
      { msg: "turn '[removed]' of [removed], 3" },
      { msg: 'heard [removed]' },
    ]);
  });

  it('takes an allowed field for what it is meant to hold', () => {
    const { logger, lines } = capture();
    logger.info(
      { reason: WORDS, call_sid: WORDS, fields: ['budget', 'place of birth', WORDS], at: WORDS },
      'x',
    );
    logger.info({ error: `column "${WORDS}" of "call_sessions", called ${PHONE}`, seq: WORDS }, 'x');
    expect(lines()).toMatchObject([
      {
        reason: '[removed]',
        call_sid: '[removed]',
        fields: ['budget', '[removed]', '[removed]'],
        at: '[removed]',
      },
      {
        error: expect.stringMatching(/^column "\[removed\]" of "call_sessions", called \*\*\*10~/),
        seq: '[removed]',
      },
    ]);
  });

  it('shows the reason of a dead letter that is a SQLSTATE', () => {
    const { logger, lines } = capture();
    logger.error({ reason: '23505' }, 'x');
    logger.error({ reason: '22P02' }, 'x');
    expect(lines()).toMatchObject([{ reason: '23505' }, { reason: '22P02' }]);
  });

  it('shows counts by the words that they are of', () => {
    const { logger, lines } = capture();
    logger.warn({ by_reason: { 'http.unauthorized': 3, [WORDS]: 1, 'http.x': WORDS } }, 'x');
    expect(lines()).toMatchObject([{ by_reason: { 'http.unauthorized': 3 } }]);
    expect(Object.keys(lines()[0]?.['by_reason'] as object)).toHaveLength(1);
  });

  it('does not name the options of a library', () => {
    const messages = [
      "Stream isn't writeable and enableOfflineQueue options is false",
      'Reached the max retries per request limit (which is 0). Refer to "maxRetriesPerRequest" option for details.',
    ];
    expect(messages.map((message) => describeError(new Error(message)).message)).toEqual([
      'Redis is not connected',
      'the connection to Redis was lost before it answered',
    ]);
  });

  it('shows a phone as a keyed hash and its last two digits', () => {
    const { logger, lines, raw } = capture({ phoneKey: 'a secret of the whole system' });
    const tag = phoneTag(PHONE);
    expect(tag).toMatch(/^\*{3}10~[0-9a-f]{8}$/);
    logger.info(
      { from: PHONE, to: ['098765 43210'], phone: 9_876_543_210, pid: 1 },
      `called 09876543210 back`,
    );
    const bound = logger.child({ from: PHONE });
    bound.setBindings({ to: PHONE });
    bound.child({ caller: PHONE }).info('grandchild');
    expect(raw()).not.toMatch(/98765/);
    expect(lines()).toMatchObject([
      { from: tag, to: [tag], phone: tag, msg: `called ${tag} back` },
      { msg: 'grandchild', from: tag, to: tag, caller: tag },
    ]);
    useLogPhoneKey('another secret of the system');
    expect(phoneTag(PHONE)).not.toBe(tag);
  });

  it('keeps ids, sequence numbers and times as they are', () => {
    const { logger, lines } = capture();
    const fields = {
      call_sid: '7d1c9876543210fe9876543210ab1234',
      entry_id: '1769339725120-0',
      epoch: '1769339725.120-abcd',
      at: new Date(0),
      since: '1769339725120',
      seq: 9_876_543_210,
      oldest_age_ms: 1_769_339_725_120,
    };
    logger.info(fields, 'appended');
    expect(lines()).toMatchObject([{ ...fields, at: '1970-01-01T00:00:00.000Z' }]);
  });

  it('cuts passwords and queries out of URLs, in fields, messages and errors', () => {
    const { logger, raw } = capture();
    const url = 'redis://app:hunter2@cache:6379/0?token=hunter2';
    logger.info({ url, stats: { target: [url] } }, `connecting to ${url}`);
    logger.error({ err: new Error(`no route to ${url}`) }, 'failed');
    logger.error(new Error(`no route to ${url}`));
    logger.child({ url }).warn({ err: new Error(url) });
    expect(raw()).not.toContain('hunter2');
    expect(raw()).toContain('redis://cache:6379/0');
  });

  it('shows what kind of error Postgres gave, never the row', () => {
    const { logger, lines, raw } = capture();
    const error = Object.assign(new Error('invalid input syntax for type json: "around fifty lakhs"'), {
      code: '22P02',
      severity: 'ERROR',
      table: 'call_sessions',
      constraint: 'call_sessions_pkey',
      detail: `Key (phone)=(${WORDS}) already exists.`,
      where: `JSON data, line 1: ${WORDS}`,
      hint: WORDS,
      parameters: [WORDS],
      query: `insert into x values ('${WORDS}')`,
    });
    logger.error({ err: error, call_sid: 'CA1' }, 'Failed to persist session to database');
    logger.error({ error: new Error('outer', { cause: error }) }, 'wrapped');
    logger.error({ err: new AggregateError([error], 'both') }, 'several');
    logger.error(error);
    logger.error({ err: error }, undefined);
    logger.child({ err: error, reason: error }).error('bound');
    expect(raw()).not.toContain('fifty');
    expect(lines()[0]).toMatchObject({
      msg: 'Failed to persist session to database',
      err: { code: '22P02', table: 'call_sessions', constraint: 'call_sessions_pkey', severity: 'ERROR' },
    });
    expect(lines()[1]).toMatchObject({ error: { message: 'outer', cause: { code: '22P02' } } });
    const raised = Object.assign(new Error(`refused: ${WORDS}`), { code: 'P0001' });
    expect(describeError(raised).message).toBe('Postgres error P0001');
    expect(lines()[3]).toMatchObject({ msg: 'invalid input syntax for type json: "[removed]"' });
  });

  it('shows the name of a failed Redis command, never its arguments', () => {
    const { logger, lines, raw } = capture();
    const error = Object.assign(
      new Error(`ERR unknown command 'EVALX', with args beginning with: '${WORDS}'`),
      {
        command: { name: 'evalx', args: [WORDS] },
      },
    );
    logger.error({ err: error }, 'append failed');
    expect(raw()).not.toContain(WORDS);
    expect(lines()).toMatchObject([{ err: { command: 'evalx', message: "ERR unknown command 'EVALX'" } }]);
  });

  it('survives an object that contains itself', () => {
    const { logger, raw } = capture();
    const loop: Record<string, unknown> = {};
    loop['stats'] = loop;
    logger.info({ stats: loop }, 'looped');
    expect(raw()).toContain('[too deep]');
  });

  it('keeps the stack of an error', () => {
    const { logger, lines } = capture();
    logger.error({ err: new TypeError('broken') }, 'failed');
    expect(lines()).toMatchObject([
      { err: { type: 'TypeError', stack: expect.stringMatching(/^TypeError: broken\n +at /) } },
    ]);
  });
});

describe('describeError', () => {
  it('hides the text that JSON.parse quotes', () => {
    try {
      JSON.parse('hello there');
    } catch (error) {
      expect(JSON.stringify(describeError(error))).not.toContain('hello');
    }
    expect.assertions(1);
  });

  it('describes what is not an error, and an error that causes itself', () => {
    const loop = new Error('loop');
    loop.cause = loop;
    expect(JSON.stringify(describeError(loop))).toContain('loop');
    expect(describeError({ secret: 1 })).toEqual({ type: 'object', message: '[not an Error]' });
    expect(describeError(undefined)).toEqual({ type: 'undefined', message: '[not an Error]' });
  });
});

describe('phoneTag', () => {
  it('is the same however a number is written', () => {
    const [tag] = [PHONE, '098765 43210', '919876543210', '9876543210'].map(phoneTag);
    for (const written of ['098765 43210', '919876543210', '9876543210', tag ?? '']) {
      expect(phoneTag(written)).toBe(tag);
    }
  });
  it.each(['100', '', 'unknown'])('leaves nothing of %j', (phone) => expect(phoneTag(phone)).toBe('***'));
});

describe('stripUrlSecrets', () => {
  it.each([
    ['postgres://u:p@db:5432/turnlog?sslmode=require', 'postgres://db:5432/turnlog'],
    ['redis://u:p/w@host', 'redis://host'],
    ['redis://u:p?w@host', 'redis://host'],
    ['redis://u:p@w@host', 'redis://host'],
    ['two: ws://a/b?k=1 and https://u@c/d#e.', 'two: ws://a/b and https://c/d'],
    ['no url at all', 'no url at all'],
  ])('makes %s into %s', (text, stripped) => expect(stripUrlSecrets(text)).toBe(stripped));

  it('takes time in proportion to the text', async () => {
    const scrub = (length: number): unknown => scrubText('a://'.repeat(length) + '9'.repeat(length));
    expect(await growthOverTenfold(scrub, 10_000)).toBeLessThan(40);
  });
});
