import { describe, expect, it } from '@jest/globals';
import { describeError } from './describe-error.ts';
import { createLogger, type CreateLoggerOptions, type Logger } from './logger.ts';
import { maskPhone, scrubText, stripUrlSecrets } from './scrub-text.ts';

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

  it('keeps phone numbers and what was said out of a line at any depth', () => {
    const { logger, lines, raw } = capture();
    logger.info(
      {
        from: PHONE,
        lead: { phone: PHONE, name: WORDS },
        event: { data: { text: WORDS }, turns: [{ text: WORDS }] },
        a: { b: { c: { d: { caller_id: PHONE, full_transcript: [WORDS], heardText: WORDS } } } },
        list: [[{ to: PHONE, phone: 9_876_543_210 }]],
        note: `called ${PHONE} back`,
        collected_data: { budget: WORDS },
        bytes: Buffer.from(WORDS),
      },
      'event appended',
    );
    logger.child({ from: PHONE, collectedData: WORDS, lead_phone: PHONE }).info('child');
    logger.info(`message with 09876543210 in it`);
    logger.info({ turns: 3 }, 'counted %s', PHONE);
    const bound = logger.child({ from: PHONE });
    bound.setBindings({ to: PHONE });
    bound.child({ lead: { name: WORDS } }).info('grandchild');
    logger.info('turn %o', { text: WORDS, list: [PHONE] });
    expect(raw()).not.toContain(WORDS);
    expect(raw()).not.toMatch(/9876543210|98765432/);
    expect(lines()).toMatchObject([
      { from: '***10', note: 'called ***10 back', list: [[{ to: '***10', phone: '***10' }]] },
      { from: '***10', collectedData: '[removed]', lead_phone: '***10' },
      { msg: 'message with ***10 in it' },
      { turns: 3, msg: 'counted ***10' },
      { msg: 'grandchild', from: '***10', to: '***10', lead: '[removed]' },
      { msg: `turn {"text":"[removed]","list":["***10"]}` },
    ]);
  });

  it('keeps ids, sequence numbers and times as they are', () => {
    const { logger, lines } = capture();
    const fields = {
      call_sid: '7d1c9876543210fe9876543210ab1234',
      entry_id: '1769339725120-0',
      epoch_seconds: '1769339725',
      at: new Date(0),
      since: '1769339725120',
      seq: 9_876_543_210,
    };
    logger.info(fields, 'appended');
    expect(lines()).toMatchObject([{ ...fields, at: '1970-01-01T00:00:00.000Z' }]);
  });

  it('cuts passwords and queries out of URLs, in fields, messages and errors', () => {
    const { logger, raw } = capture();
    const url = 'redis://app:hunter2@cache:6379/0?token=hunter2';
    logger.info({ url, nested: { targets: [url] } }, `connecting to ${url}`);
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

  it('names a client or a buffer instead of walking through it', () => {
    const { logger, lines } = capture();
    class Client {
      readonly secret = WORDS;
    }
    const fields = { client: new Client(), bytes: Buffer.from(WORDS), map: new Map([[WORDS, WORDS]]) };
    logger.info(fields, 'connected');
    expect(lines()).toMatchObject([{ client: '[Client]', bytes: '[Buffer]', map: '[Map]' }]);
  });

  it('survives an object that contains itself', () => {
    const { logger, raw } = capture();
    const loop: Record<string, unknown> = {};
    loop['again'] = loop;
    logger.info({ loop }, 'looped');
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

describe('maskPhone', () => {
  it.each([
    [PHONE, '***10'],
    ['098765 43210', '***10'],
    ['***10', '***10'],
    ['100', '***'],
    ['', '***'],
  ])('masks %s as %s', (phone, masked) => expect(maskPhone(phone)).toBe(masked));
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

  it('takes time in proportion to the text', () => {
    const text = 'a://'.repeat(100_000) + '9'.repeat(100_000);
    const before = performance.now();
    scrubText(text);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});
