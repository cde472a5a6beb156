import { type AgentMessage } from '../ledger/planned-call.ts';
import { reportOverHttp } from '../load/reporter.ts';
import { untilQuiet } from '../oracle/quiescence.ts';
import { type Context, type Scenario } from './scenario.ts';
import { turnlog } from '../world/turnlog-command.ts';

const CALL = 'CAhostile';
/** As a caller may say them, or an agent may hear them. */
const HOSTILE = [
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '=HYPERLINK("http://evil.example","x")',
  '@SUM(1+1)*cmd|"/C calc"!A0',
  'safe\u202Eevil\u2066 \u200Fhidden\u200B\uFEFF',
  '\u001B]8;;http://evil.example\u0007click\u001B]8;;\u0007\u001B[2J\u009B2J',
  '\u001B]52;c;cm0gLXJm\u0007\u001B]0;title\u0007',
  'one\r\nSTATUS: forged\u2028line\u0085next',
  `tag\u{E0041}\u{E0042}s and \u0000nul`,
];
/**
 * What a terminal would execute, what changes the direction of text, and invisible characters; line ends
 * occur between lines alone.
 */
const ACTIVE = /[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\u{E0000}-\u{E007F}]/u;
const FIRST_AT_MS = Date.parse('2026-01-25T11:15:25.120Z');

export const hostileText: Scenario = {
  id: 'F40',
  name: 'hostile-text',
  title: 'Callers say markup, formulas, terminal commands, and characters that are invisible or reverse text',
  pass: 'All of it is recorded exactly, and `turnlog show`, `calls` and `dead-letters` print it as inert text.',
  answer:
    'The record keeps what was said; the command shows control and direction characters visibly, in text and in JSON.',
  loss: 'nothing: only NUL becomes U+FFFD, and its original is kept',
  quick: false,
  run: async (context) => {
    for (const message of messages()) await report(context, message);
    for (const violation of await untilQuiet(context, 60_000)) context.expect(false, violation.problem);
    const row = await context.store.readCall(CALL);
    const texts = row?.full_transcript.map(({ text }) => text) ?? [];
    const wanted = HOSTILE.map(stored);
    context.expect(
      JSON.stringify(texts) === JSON.stringify(wanted),
      `the transcript is ${JSON.stringify(texts)}`,
    );

    const database = ['--database', context.postgres.url];
    const redis = ['--redis', context.redis.url];
    const commands = [
      ['show', CALL, ...database],
      ['show', CALL, '--json', ...database],
      ['calls', ...database],
      ['calls', '--json', ...database],
      ['dead-letters', 'list', ...redis],
      ['verify', '--all', ...database],
    ];
    for (const command of commands) await expectInert(context, command);
    await expectWhole(context, ['show', CALL, '--json', ...database], wanted);
    context.note('outputs', commands.length);
  },
};

function messages(): AgentMessage[] {
  const kinds = HOSTILE.flatMap((text, index): AgentMessage[] => [
    { event: 'turn', id: `t${index}`, turn: { speaker: 'user', text } },
    { event: 'collect', id: `c${index}`, data: { [`field ${text}`]: text } },
    { event: 'objection', id: `o${index}`, text },
  ]);
  const all = [...kinds, { event: 'outcome', id: 'out', outcome: HOSTILE.join(' ') }];
  return all.map((message, index) => ({ ...message, timestamp: FIRST_AT_MS + index }));
}

/** The journal has what must be stored. */
async function report({ stack, ledger, expect }: Context, message: AgentMessage): Promise<void> {
  const event = ledger.sent(CALL, JSON.parse(stored(JSON.stringify(message))) as AgentMessage);
  const [answer] = await reportOverHttp(stack.gatewayUrls[0] ?? '', CALL, [message]);
  expect(
    answer !== undefined && answer.code === undefined,
    `${message.id} was answered ${answer?.code ?? 'not at all'}`,
  );
  ledger.acknowledged(CALL, event);
}

/** Postgres has no NUL. */
function stored(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD').replaceAll(String.raw`\u0000`, String.raw`\ufffd`);
}

async function expectInert({ expect }: Context, command: readonly string[]): Promise<void> {
  const lines = (await turnlog(...command)).split('\n');
  const active = lines.filter((line) => ACTIVE.test(line));
  const what = command.slice(0, 2).join(' ');
  expect(active.length === 0, `turnlog ${what} prints ${JSON.stringify(active[0])}`);
  const forged = lines.filter((line) => /^\s*STATUS: forged/.test(line));
  expect(forged.length === 0, `turnlog ${what} has a line that the caller forged`);
}

/** Characters that are made visible for people are unchanged for programs. */
async function expectWhole(
  { expect }: Context,
  command: readonly string[],
  wanted: readonly string[],
): Promise<void> {
  const shown = JSON.parse(await turnlog(...command)) as { full_transcript: { text: string }[] };
  const texts = shown.full_transcript.map(({ text }) => text);
  expect(JSON.stringify(texts) === JSON.stringify(wanted), `--json has ${JSON.stringify(texts)}`);
}
