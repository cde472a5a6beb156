import { randomBytes } from 'node:crypto';
import { subscribeToChanges, type CallChange } from '@turnlog/call-log';
import { placeCall, planLoadCall, type CallReport, type SimulatedCall } from '@turnlog/exotel-simulator';
import { envValue, wholeNumber, wsUrl } from '@turnlog/service-kit/config';
import { sleep } from '@turnlog/service-kit/time';
import { CommandError } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { streamUrlOfStack } from '../connections/find-servers.ts';
import { openRedis, withRedis, type OpenRedis } from '../connections/with-redis.ts';
import { withStore } from '../connections/with-store.ts';
import { databaseFlags, DEFAULT_TENANT, redisFlags, tenantFlag, text, valueFlag } from '../flags.ts';
import { formatCallRecord } from '../format/call-record.ts';
import { formatChange, linesOf } from '../format/change-line.ts';
import { clockFlags, clockOf } from '../format/clock.ts';
import { adviceOn, formatHeard, HeardBot } from '../format/simulated.ts';
import { checkRecords } from '../load/check-records.ts';
import { compareWithEnd } from '../load/expectation.ts';
import { print } from '../terminal.ts';

const SECONDS = 20;
const FIRST_KEY_MS = 3_000;
const KEY_MS = 2_000;
const WAIT_MS = 60_000;
/** What the bot reports after the end of the call is shown too, if it comes soon. */
const LAST_WORDS_MS = 2_000;

const keys = envValue('keys of a phone: 0 to 9, * and #', (typed) =>
  /^[\d*#]{1,32}$/.test(typed) ? { value: typed } : { problem: `got ${JSON.stringify(typed)}` },
);

export const command = defineCommand({
  usage: 'simulate',
  details: [
    'Calls the gateway as Exotel would, in real time, with your own bot behind it: start Turnlog with',
    'AGENT_URL=ws://<your bot>/{callSid}. Shows what the caller hears, what the bot reports, and the record. Ctrl-C hangs up.',
    'With tenants, --url has the stream secret, ws://name:secret@host/exotel/stream, and --tenant the name.',
    'The exit code is 1 if the call did not connect, the bot could not be reached, or the record is wrong.',
  ],
  flags: {
    url: valueFlag(wsUrl, '<ws url>', 'the stream URL of a gateway; that of the local stack by default'),
    seconds: valueFlag(wholeNumber(1, 3_600), '<n>', `how long the caller stays; ${SECONDS} by default`),
    wav: valueFlag(text, '<file>', 'what the caller says, 16-bit mono PCM; a noise like speech by default'),
    dtmf: valueFlag(
      keys,
      '<keys>',
      'keys that the caller presses, from the third second on, every two seconds',
    ),
    ...tenantFlag,
    ...clockFlags,
    ...redisFlags,
    ...databaseFlags,
  },
  run: async ({ values }, terminal) => {
    const url = values.url ?? (await streamUrlOfStack(values, terminal));
    const conversationMs = 1000 * (values.seconds ?? SECONDS);
    const plan = await planLoadCall({ url, wav: values.wav, conversationMs });
    if (!plan.ok) throw new CommandError(plan.problem);
    const show = (line: string): void => (values.json ? undefined : print(terminal, line));
    const clock = clockOf(values);
    const heard = new HeardBot(show);

    const callSid = randomBytes(16).toString('hex');
    const onChange = (change: CallChange): void => {
      if (change.call.callSid !== callSid) return;
      for (const line of linesOf(change, (event) => formatChange(event, clock))) show(line);
    };
    const report = await withRedis(values, terminal, (open) =>
      whileWatching(open, onChange, () => {
        const call = placeCall({ ...plan.call, callSid, onServerFrame: (frame) => heard.take(frame) });
        terminal.signal.addEventListener('abort', () => call.hangUp(), { once: true });
        if (terminal.signal.aborted) call.hangUp();
        show(`📞 Calling ${new URL(url).host} as ${callSid}. Ctrl-C hangs up.`);
        return talk(call, values.dtmf ?? '');
      }),
    );
    if (report.end.how === 'handshake-failed')
      throw new CommandError(`The gateway did not take the call: ${report.end.error ?? 'no reason given'}.`);

    const { tenant = DEFAULT_TENANT } = values;
    const { record, problems } = await withStore(values, terminal, async (store) => {
      const check = { tenant, problemsOf: compareWithEnd, waitMs: WAIT_MS };
      const [wrong] = await checkRecords(store, [callSid], check);
      return { record: await store.readCall({ tenant, callSid }), problems: wrong?.problems ?? [] };
    });
    const isFine = problems.length === 0 && record?.agent_reached !== false;
    const lines = [formatHeard(report), ...adviceOn(report, record, problems)];
    return {
      document: { call: report, record: record ?? null, problems },
      text: [...(record === undefined ? [] : ['', formatCallRecord(record, clock), '']), ...lines].join('\n'),
      exitCode: isFine ? 0 : 1,
    };
  },
});

/** Presses the keys, and waits for the end of the call. */
async function talk(call: SimulatedCall, dtmf: string): Promise<CallReport> {
  const over = new AbortController();
  const pressing = pressKeys(call, dtmf, over.signal);
  const report = await call.finished;
  over.abort();
  await pressing;
  return report;
}

async function pressKeys(call: SimulatedCall, dtmf: string, signal: AbortSignal): Promise<void> {
  await sleep(FIRST_KEY_MS, signal);
  for (const digit of dtmf) {
    if (signal.aborted) return;
    call.sendDtmf(digit);
    await sleep(KEY_MS, signal);
  }
}

/** Watches the changes of calls from now until shortly after the work is done. */
async function whileWatching<T>(
  { url, space }: OpenRedis,
  onChange: (change: CallChange) => void,
  work: () => Promise<T>,
): Promise<T> {
  return openRedis(url, async (subscriber) => {
    await subscribeToChanges(subscriber, space, onChange);
    const result = await work();
    await sleep(LAST_WORDS_MS);
    return result;
  });
}
