import { randomBytes } from 'node:crypto';
import { createAppender, toNewEvent } from '@turnlog/call-log';
import { toCarrierEvents, ExotelApi, type CallTarget, type CarrierReport } from '@turnlog/exotel';
import { envValue, oneOf, wholeNumber } from '@turnlog/service-kit';
import { CommandError, reasonOf } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { readCarrierSettings, type CarrierSettings } from '../call/carrier-settings.ts';
import { requestCall, type CallRequestOutcome } from '../call/request-call.ts';
import { statusCallbackUrlOf, streamUrlOf } from '../call/public-addresses.ts';
import { findServers, type AskedServers } from '../connections/find-servers.ts';
import { databaseFlags, redisFlags } from '../connections/server-flags.ts';
import { openRedis } from '../connections/with-redis.ts';
import { withCarrierStore } from '../connections/with-store.ts';
import { switchFlag, text, valueFlag, jsonFlag, DEFAULT_TENANT, tenantFlag } from '../flags.ts';
import { print, printJson, type Terminal } from '../terminal.ts';

/** A number is never repeated, not even a wrong one. */
const phone = envValue('a number such as +919800000001', (value) =>
  /^\+?\d{6,15}$/.test(value) ? { value } : { problem: 'got something else' },
);

const MAX_EVENTS = 100_000;

export const call = defineCommand({
  name: 'call',
  summary: 'place a call through Exotel, once; or show the outcome of one that may exist',
  parameters: '--to <number> | status <reference>',
  count: { min: 0, max: 2 },
  details: [
    'Credentials come from the environment alone: EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY, EXOTEL_API_TOKEN, EXOTEL_API_URL.',
    'With PUBLIC_URL the call streams to /exotel/stream there (STREAM_SECRET authenticates it), and with WEBHOOK_SECRET',
    'Exotel reports to /webhooks/exotel/status. --flow and --stream-url send it elsewhere.',
    'Without an answer, the call may exist. It is never dialled again; the reconciler looks for it.',
  ],
  flags: {
    to: valueFlag(phone, '<number>', 'the number to dial'),
    from: valueFlag(phone, '<number>', 'the ExoPhone that the callee sees; EXOTEL_CALLER_ID by default'),
    'caller-id': valueFlag(phone, '<number>', 'the same as --from'),
    'stream-url': valueFlag(text, '<url>', 'where the call streams to'),
    flow: valueFlag(text, '<url>', 'the flow of your account that takes the call, instead of a stream'),
    record: switchFlag('have Exotel record the call'),
    'record-channels': valueFlag(
      oneOf(['single', 'dual']),
      '<channels>',
      'record it in a single channel, or in one for each party (dual)',
    ),
    'time-limit': valueFlag(wholeNumber(1, 14_400, 'seconds'), '<seconds>', 'how long the call may last'),
    ...tenantFlag,
    ...redisFlags,
    ...databaseFlags,
    ...jsonFlag,
  },
  run: async ({ values, positionals: [action, reference] }, terminal) => {
    if (action !== undefined) return showPlacement(action, reference, values, terminal);
    const settings = readCarrierSettings(terminal);
    const tenant = values.tenant ?? DEFAULT_TENANT;
    const statusCallbackUrl = statusCallbackUrlOf(settings);
    const channels = values['record-channels'];
    const request = {
      to: required(values.to, 'Name the number to dial with --to.'),
      callerId: required(
        values.from ?? values['caller-id'] ?? settings.callerId,
        'Name the ExoPhone to call from with --from or EXOTEL_CALLER_ID.',
      ),
      target: targetOf(values, settings, tenant),
      reference: `tl-${randomBytes(9).toString('base64url')}`,
      record: values.record || channels !== undefined,
      ...(channels !== undefined && { recordingChannels: channels }),
      ...(statusCallbackUrl !== undefined && { statusCallbackUrl }),
      ...(values['time-limit'] !== undefined && { timeLimitSeconds: values['time-limit'] }),
    };
    const placed = await withCarrierStore(values, terminal, (store) =>
      requestCall({
        api: new ExotelApi(settings.account),
        store,
        tenant,
        request,
        onUnsaved: (error) => warn(terminal, `The outcome is not in Postgres yet: ${reasonOf(error)}.`),
      }),
    );
    if (placed.outcome === 'placed') await recordPlaced(placed.report, tenant, values, terminal);
    if (values.json) printJson(terminal, documentOf(placed));
    else print(terminal, describe(placed));
    return placed.outcome === 'placed' ? 0 : 1;
  },
});

function targetOf(
  values: { readonly 'stream-url': string | undefined; readonly flow: string | undefined },
  settings: CarrierSettings,
  tenant: string,
): CallTarget {
  const { flow, 'stream-url': streamUrl } = values;
  if (flow !== undefined && streamUrl !== undefined) {
    throw new CommandError('A call goes to a flow or to a stream: give --flow or --stream-url, not both.');
  }
  if (flow !== undefined) {
    if (!/^https?:\/\//.test(flow))
      throw new CommandError('--flow: expected a URL that starts with http(s)://.');
    return { kind: 'flow', url: flow };
  }
  const url = required(
    streamUrl ?? streamUrlOf(settings, tenant),
    'Say where the call streams to: set PUBLIC_URL, or give --stream-url or --flow.',
  );
  if (!/^wss?:\/\//.test(url))
    throw new CommandError('--stream-url: expected a URL that starts with ws(s)://.');
  return { kind: 'stream', url };
}

/**
 * From now on the call is known, even if it never streams. A failure to record that does not make it a failed
 * call.
 */
async function recordPlaced(
  report: CarrierReport,
  tenant: string,
  asked: AskedServers,
  terminal: Terminal,
): Promise<void> {
  const { redisUrl, space } = await findServers(asked, terminal);
  const record = async (): Promise<void> => {
    if (redisUrl === undefined) throw new CommandError('no Redis is known');
    const { callSid } = report;
    const origin = { call: { tenant, callSid }, source: 'placement' as const, receivedAtMs: terminal.now() };
    const events = toCarrierEvents(report, origin).map((event) => toNewEvent(event, { rememberId: true }));
    await openRedis(redisUrl, (redis) =>
      createAppender(redis, space, { maxEvents: MAX_EVENTS }).append({
        call: origin.call,
        events,
        mode: 'unordered',
      }),
    );
  };
  await record().catch((error: unknown) =>
    warn(terminal, `The call is not in the log yet: ${reasonOf(error)}.`),
  );
}

async function showPlacement(
  action: string,
  reference: string | undefined,
  values: AskedServers & { readonly json: boolean },
  terminal: Terminal,
): Promise<number> {
  if (action !== 'status' || reference === undefined) {
    throw new CommandError('Usage: turnlog call --to <number> | turnlog call status <reference>');
  }
  const placement = await withCarrierStore(values, terminal, (store) => store.readPlacement(reference));
  if (placement === undefined) throw new CommandError('There is no placement of this reference.');
  const { state, callSid, problem } = placement;
  if (values.json) printJson(terminal, placement);
  else print(terminal, [`${reference}: ${state}`, callSid ?? '', problem ?? ''].filter(Boolean).join(', '));
  return 0;
}

function documentOf(placed: CallRequestOutcome) {
  const { outcome, reference } = placed;
  if (placed.outcome === 'placed') return { outcome, reference, call_sid: placed.report.callSid };
  return { outcome, reference, reason: placed.reason };
}

function describe(placed: CallRequestOutcome): string {
  const { reference } = placed;
  switch (placed.outcome) {
    case 'placed':
      return `📞 The call is placed: ${placed.report.callSid} (reference ${reference}).`;
    case 'refused':
      return `There is no call: ${placed.reason}. It is safe to try again.`;
    case 'may_exist':
      return [
        `⚠️  The call may exist: ${placed.reason}. Do not dial again.`,
        `The reconciler looks for it; "turnlog call status ${reference}" shows the result.`,
      ].join('\n');
  }
}

function required(value: string | undefined, sentence: string): string {
  if (value === undefined) throw new CommandError(sentence);
  return value;
}

function warn(terminal: Terminal, sentence: string): void {
  terminal.err.write(`${sentence}\n`);
}
