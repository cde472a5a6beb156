import { randomBytes } from 'node:crypto';
import { createAppender, toNewEvent } from '@turnlog/call-log';
import {
  ExotelApi,
  toCarrierEvents,
  type CallTarget,
  type CarrierReport,
  type ConnectOutcome,
  type ConnectRequest,
} from '@turnlog/exotel';
import { envValue, httpUrl, oneOf, wholeNumber, wsUrl } from '@turnlog/service-kit/config';
import { CommandError, UsageError, reasonOf } from '../command-error.ts';
import { defineCommand, type Answer } from '../command.ts';
import {
  readCarrierSettings,
  statusCallbackUrlOf,
  streamUrlOf,
  type CarrierSettings,
} from '../call/carrier-settings.ts';
import { requestCall } from '../call/request-call.ts';
import type { AskedServers } from '../connections/find-servers.ts';
import { withRedis } from '../connections/with-redis.ts';
import { withCarrierStore } from '../connections/with-store.ts';
import {
  DEFAULT_TENANT,
  databaseFlags,
  redisFlags,
  switchFlag,
  tenantFlag,
  valueFlag,
  type FlagValues,
} from '../flags.ts';
import type { Terminal } from '../terminal.ts';

/** A number is never repeated, not even a wrong one. */
const phone = envValue('a number such as +919800000001', (value) =>
  /^\+?\d{6,15}$/.test(value) ? { value } : { problem: 'got something else' },
);

const MAX_EVENTS = 100_000;

const flags = {
  to: valueFlag(phone, '<number>', 'the number to dial'),
  from: valueFlag(phone, '<number>', 'the ExoPhone that the callee sees; EXOTEL_CALLER_ID by default'),
  'caller-id': valueFlag(phone, '<number>', 'the same as --from'),
  'stream-url': valueFlag(wsUrl, '<url>', 'where the call streams to'),
  flow: valueFlag(httpUrl, '<url>', 'the flow of your account that takes the call, instead of a stream'),
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
};

type Values = FlagValues<typeof flags>;

export const command = defineCommand({
  usage: 'call --to <number> | status <reference>',
  count: [0, 2],
  details: [
    'Credentials come from the environment alone: EXOTEL_ACCOUNT_SID, EXOTEL_API_KEY, EXOTEL_API_TOKEN, EXOTEL_API_URL.',
    'With PUBLIC_URL the call streams to /exotel/stream there (STREAM_SECRET authenticates it), and with WEBHOOK_SECRET',
    'Exotel reports to /webhooks/exotel/status. --flow and --stream-url send it elsewhere.',
    'Without an answer, the call may exist. It is never dialled again; the reconciler looks for it.',
  ],
  flags,
  run: async ({ values, positionals: [action, reference] }, terminal) => {
    if (action !== undefined) return showPlacement(action, reference, values, terminal);
    const settings = readCarrierSettings(terminal);
    const tenant = values.tenant ?? DEFAULT_TENANT;
    const request = requestOf(values, settings, tenant);
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
    return answerOf(placed, request.reference);
  },
});

function requestOf(values: Values, settings: CarrierSettings, tenant: string): ConnectRequest {
  const statusCallbackUrl = statusCallbackUrlOf(settings);
  const { 'record-channels': recordingChannels, 'time-limit': timeLimitSeconds } = values;
  return {
    to: required(values.to, 'Name the number to dial with --to.'),
    callerId: required(
      values.from ?? values['caller-id'] ?? settings.callerId,
      'Name the ExoPhone to call from with --from or EXOTEL_CALLER_ID.',
    ),
    target: targetOf(values, settings, tenant),
    reference: `tl-${randomBytes(9).toString('base64url')}`,
    record: values.record || recordingChannels !== undefined,
    ...(recordingChannels !== undefined && { recordingChannels }),
    ...(statusCallbackUrl !== undefined && { statusCallbackUrl }),
    ...(timeLimitSeconds !== undefined && { timeLimitSeconds }),
  };
}

function targetOf(values: Values, settings: CarrierSettings, tenant: string): CallTarget {
  const { flow, 'stream-url': streamUrl } = values;
  if (flow !== undefined && streamUrl !== undefined) {
    throw new CommandError('A call goes to a flow or to a stream: give --flow or --stream-url, not both.');
  }
  if (flow !== undefined) return { kind: 'flow', url: flow };
  const url = required(
    streamUrl ?? streamUrlOf(settings, tenant),
    'Say where the call streams to: set PUBLIC_URL, or give --stream-url or --flow.',
  );
  return { kind: 'stream', url };
}

/** From now on the call is known, even if it never streams. It is placed even if this fails. */
async function recordPlaced(
  report: CarrierReport,
  tenant: string,
  asked: AskedServers,
  terminal: Terminal,
): Promise<void> {
  const call = { tenant, callSid: report.callSid };
  const origin = { call, source: 'placement' as const, receivedAtMs: terminal.now() };
  const events = toCarrierEvents(report, origin).map((event) => toNewEvent(event, { rememberId: true }));
  await withRedis(asked, terminal, ({ redis, space }) =>
    createAppender(redis, space, { maxEvents: MAX_EVENTS }).append({ call, events, mode: 'unordered' }),
  ).catch((error: unknown) => warn(terminal, `The call is not in the log yet: ${reasonOf(error)}.`));
}

async function showPlacement(
  action: string,
  reference: string | undefined,
  asked: AskedServers,
  terminal: Terminal,
): Promise<Answer> {
  if (action !== 'status' || reference === undefined) {
    throw new UsageError('Name the number to dial with --to, or a placement with "status <reference>".');
  }
  const placement = await withCarrierStore(asked, terminal, (store) => store.readPlacement(reference));
  if (placement === undefined) throw new CommandError('There is no placement of this reference.');
  const { state, callSid, problem } = placement;
  const text = [`${reference}: ${state}`, callSid ?? '', problem ?? ''].filter(Boolean).join(', ');
  return { document: placement, text };
}

function answerOf(placed: ConnectOutcome, reference: string): Answer {
  const { outcome } = placed;
  if (outcome === 'placed') {
    const { callSid } = placed.report;
    const text = `📞 The call is placed: ${callSid} (reference ${reference}).`;
    return { document: { outcome, reference, call_sid: callSid }, text };
  }
  const text =
    outcome === 'refused'
      ? `There is no call: ${placed.reason}. It is safe to try again.`
      : `⚠️  The call may exist: ${placed.reason}. Do not dial again.\n` +
        `The reconciler looks for it; "turnlog call status ${reference}" shows the result.`;
  return { document: { outcome, reference, reason: placed.reason }, text, exitCode: 1 };
}

function required(value: string | undefined, sentence: string): string {
  if (value === undefined) throw new CommandError(sentence);
  return value;
}

function warn(terminal: Terminal, sentence: string): void {
  terminal.err.write(`${sentence}\n`);
}
