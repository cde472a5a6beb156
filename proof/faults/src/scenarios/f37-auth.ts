import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { placeCall } from '@turnlog/exotel-simulator';
import { sleep } from '@turnlog/service-kit';
import { untilQuiet } from '../oracle/quiescence.ts';
import { type Context, type Scenario } from './scenario.ts';
import { turnlog } from '../world/turnlog-command.ts';

/** How long a gateway may take to apply a change of a tenant. */
const HEARD_AFTER_MS = 2_500;

const SPOKEN_AT_MS = Date.parse('2026-01-25T11:15:25.120Z');

type Secrets = Readonly<Record<'stream' | 'api' | 'webhook', string>>;

export const auth: Scenario = {
  id: 'F37',
  name: 'auth',
  title:
    'Strangers, revoked tenants and tenants who name the calls of others try to stream and to report; secrets are rotated during calls',
  pass: 'What is not allowed is answered 401 or 403 before the upgrade and writes nothing; the old and the new secret are valid; each tenant has only its own calls.',
  answer:
    'Clients are authenticated before the upgrade, by hashes; an event belongs to the authenticated tenant, never to one that it names.',
  loss: 'nothing',
  quick: false,
  stack: { serviceEnv: { gateway: { TRUSTED_PROXIES: '127.0.0.1', AGENT_URL: undefined } } },
  run: async (context) => {
    const mine = await addTenant(context, 'default');
    const theirs = await addTenant(context, 'other');
    const gone = await addTenant(context, 'gone');
    await command(context, 'revoke', 'gone');
    await command(context, 'set', 'default', '--addresses', '203.0.113.0/24');
    await sleep(HEARD_AFTER_MS);
    await tryStrangers(context, { mine, gone });
    const keys = await context.redisEye.keys(`${context.space.prefix}*call:*`);
    context.expect(keys.length === 0, `refusals left ${keys.length} keys: ${keys.slice(0, 3).join(', ')}`);

    const newer = secretsOf(await command(context, 'rotate', 'default', '--kind', 'stream'));
    await sleep(HEARD_AFTER_MS);
    await place(context, 'CAold-secret', mine.stream);
    await place(context, 'CAnew-secret', newer.stream);
    await command(context, 'rotate', 'default', '--kind', 'stream', '--finish');
    await sleep(HEARD_AFTER_MS);
    context.expect(
      (await upgrade(context, basic(mine.stream))) === 401,
      'the old secret outlived its rotation',
    );
    await nameTheirCall(context, { mine: { ...mine, ...newer }, theirs });
  },
};

/** None of these may have any effect. */
async function tryStrangers(
  context: Context,
  { mine, gone }: { mine: Secrets; gone: Secrets },
): Promise<void> {
  const wrong = `${mine.stream.slice(0, -4)}AAAA`;
  const attempts: readonly (readonly [string, Record<string, string>, number])[] = [
    ['nothing', {}, 401],
    ['a wrong secret', basic(wrong), 401],
    ['a secret of another kind', basic(mine.api), 401],
    ['a revoked secret', basic(gone.stream), 401],
    ['a forged address', { 'x-forwarded-for': '203.0.113.7, 198.51.100.1' }, 401],
    ['an Origin', { ...basic(mine.stream), origin: 'https://evil.example' }, 403],
  ];
  for (const [what, headers, expected] of attempts) {
    const status = await upgrade(context, headers);
    context.expect(status === expected, `a stream with ${what} was answered ${status}, not ${expected}`);
  }
  for (const secret of [undefined, wrong, mine.stream, gone.api]) {
    const status = await report(context, 'CAstranger', secret);
    context.expect(
      status === 401,
      `an event with ${secret === undefined ? 'no' : 'a wrong'} secret: ${status}`,
    );
  }
  const allowed = await upgrade(context, { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' });
  context.expect(allowed === 101, `a stream from an allowed address was answered ${allowed}`);
}

/** A tenant that names another one's call gets a call of its own, and does not change theirs. */
async function nameTheirCall(
  context: Context,
  { mine, theirs }: { mine: Secrets; theirs: Secrets },
): Promise<void> {
  const status = await report(context, 'CAold-secret', theirs.api, turn('theirs'));
  context.expect(status === 202, `their own report was answered ${status}`);
  const event = context.ledger.sent('CAold-secret', turn('mine'));
  await report(context, 'CAold-secret', mine.api, turn('mine'));
  context.ledger.acknowledged('CAold-secret', event);
  for (const violation of await untilQuiet(context, 60_000)) context.expect(false, violation.problem);
  const own = await context.store.readCall({ tenant: 'default', callSid: 'CAold-secret' });
  const told = JSON.stringify(own?.full_transcript ?? []);
  context.expect(told.includes('mine') && !told.includes('theirs'), `the call's transcript is ${told}`);
}

async function place(context: Context, callSid: string, secret: string): Promise<void> {
  const url = (context.stack.streamUrls[0] ?? '').replace('ws://', `ws://default:${secret}@`);
  const { end } = await placeCall({ url, callSid, audio: 0.3, handshakeAttempts: 1 }).finished;
  context.expect(end.how === 'hung-up', `${callSid} ended as ${end.how}`);
  context.ledger.lineEnded(callSid, 'hung-up');
}

async function addTenant(context: Context, name: string): Promise<Secrets> {
  return secretsOf(await command(context, 'add', name));
}

function command({ redis, postgres }: Context, ...args: readonly string[]): Promise<string> {
  return turnlog('tenants', ...args, '--json', '--redis', redis.url, '--database', postgres.url);
}

function secretsOf(json: string): Secrets {
  const { secrets } = JSON.parse(json) as { secrets: { kind: string; secret: string }[] };
  return Object.fromEntries(secrets.map(({ kind, secret }) => [kind, secret])) as Secrets;
}

/** The status of a request for a stream. */
async function upgrade({ stack }: Context, headers: Record<string, string>): Promise<number> {
  const { port } = stack.service('gateway-1');
  const upgradeHeaders = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
  };
  return new Promise((resolve, reject) => {
    const asked = request({
      port,
      host: '127.0.0.1',
      path: '/exotel/stream',
      headers: { ...upgradeHeaders, ...headers },
    });
    asked.on('upgrade', ({ statusCode = 0 }, socket) => {
      socket.destroy();
      resolve(statusCode);
    });
    asked.on('response', ({ statusCode = 0 }) => resolve(statusCode));
    asked.on('error', reject);
    asked.end();
  });
}

async function report(
  { stack }: Context,
  callSid: string,
  secret: string | undefined,
  message = turn('hello'),
): Promise<number> {
  const { status } = await fetch(`${stack.gatewayUrls[0] ?? ''}/v1/calls/${callSid}/events`, {
    method: 'POST',
    headers: secret === undefined ? {} : { authorization: `Bearer ${secret}` },
    body: JSON.stringify(message),
  });
  return status;
}

function turn(text: string) {
  return { event: 'turn', id: 't1', timestamp: SPOKEN_AT_MS, turn: { speaker: 'user', text } };
}

function basic(secret: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`x:${secret}`).toString('base64')}` };
}
