import { type AdmissionRefusal } from '../../auth/gatekeeper.ts';
import { type QuotaRefusal } from '../../limits/stream-quotas.ts';
import { problem, type Answer } from './answer.ts';

/** Why a gateway accepts no streams at present. */
export type Unavailability =
  'draining' | 'not_ready' | 'memory_short' | 'spool_full' | 'spool_failing' | 'overloaded' | 'full';

/** 503 with `Retry-After`: the carrier's next attempt may succeed, here or at another gateway. */
const RETRY_AFTER = { 'retry-after': '2' };

const FORBIDDEN = {
  origin_not_allowed:
    'requests of web pages are refused; to allow a page, name its origin in ALLOWED_ORIGINS',
  not_local:
    'without a tenant this gateway serves only its own machine, and this request is from elsewhere; run "turnlog tenants add <name>"',
};

const UNAUTHORIZED = {
  basic:
    'no valid credentials: send the stream secret as the password, as in wss://name:secret@host/exotel/stream',
  bearer: 'no valid credentials: send "Authorization: Bearer" and the api secret',
  token: 'the token in the URL is unknown, was used, or has expired: request another one from /exotel/url',
};

const UNAVAILABLE: Readonly<Record<Unavailability, string>> = {
  draining: 'this gateway is stopping; connect to another one',
  not_ready: 'this gateway cannot record calls right now',
  spool_full: 'Redis accepts no events and the spool has reached SPOOL_MAX_BYTES; connect to another gateway',
  spool_failing: 'the spool cannot be written, its disk may be full; connect to another gateway',
  memory_short: 'the memory of Redis is nearly full and is being drained; try again in a moment',
  overloaded: 'too many events are waiting for Redis; connect to another gateway',
  full: 'this gateway has as many connections as it accepts',
};

const QUOTAS: Readonly<Record<QuotaRefusal['reason'], string>> = {
  address_full: 'this address has as many streams as an address may have',
  tenant_full: 'the tenant has as many streams on this gateway as a tenant may have',
  too_many_calls: 'the tenant has as many concurrent calls as it may have',
  not_ready: 'the calls of the tenant cannot be counted right now',
};

/** The answer to a request that the gatekeeper refused: the same for a wrong, a revoked and a missing secret. */
export function admissionRefused(refusal: AdmissionRefusal): Answer {
  const { reason } = refusal;
  if (reason === 'not_ready')
    return problem(503, reason, 'credentials cannot be checked right now; connect again', RETRY_AFTER);
  if (reason !== 'unauthorized') return problem(403, reason, FORBIDDEN[reason]);
  const scheme = refusal.expected === 'bearer' ? 'Bearer' : 'Basic';
  const headers = { 'www-authenticate': `${scheme} realm="turnlog"` };
  return problem(401, reason, UNAUTHORIZED[refusal.expected], headers);
}

/** The answer for a stream for which no quota has a slot. */
export function quotaRefused({ reason }: QuotaRefusal): Answer {
  return problem(503, reason, QUOTAS[reason], RETRY_AFTER);
}

/** The answer for a stream while the gateway takes none. */
export function streamsUnavailable(reason: Unavailability): Answer {
  return problem(503, reason, UNAVAILABLE[reason], RETRY_AFTER);
}
