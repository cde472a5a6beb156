import { type AdmissionRefusal } from '../../auth/gatekeeper.ts';
import { type QuotaRefusal } from '../../limits/stream-quotas.ts';
import { problem, type Answer } from './answer.ts';

/** Why a gateway takes no streams right now. */
export type Unavailability =
  'draining' | 'not_ready' | 'memory_short' | 'spool_full' | 'spool_failing' | 'overloaded' | 'full';

/** 503 with `Retry-After`: the carrier's next attempt may succeed, here or at another gateway. */
const RETRY_AFTER = { 'retry-after': '2' };

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

/** The answer for a request that the gatekeeper refused. A wrong secret, a revoked one and none get the same one. */
export function admissionRefused(refusal: AdmissionRefusal): Answer {
  switch (refusal.reason) {
    case 'origin_not_allowed':
      return problem(403, refusal.reason, ORIGIN);
    case 'not_local':
      return problem(403, refusal.reason, NOT_LOCAL);
    case 'not_ready':
      return problem(
        503,
        refusal.reason,
        'credentials cannot be checked right now; connect again',
        RETRY_AFTER,
      );
    case 'unauthorized': {
      const scheme = refusal.expected === 'bearer' ? 'Bearer' : 'Basic';
      const headers = { 'www-authenticate': `${scheme} realm="turnlog"` };
      return problem(401, refusal.reason, UNAUTHORIZED[refusal.expected], headers);
    }
  }
}

/** The answer for a stream for which no quota has a slot. */
export function quotaRefused(refusal: QuotaRefusal): Answer {
  return problem(503, refusal.reason, quotaMessage(refusal), RETRY_AFTER);
}

/** The answer for a stream while the gateway takes none. */
export function streamsUnavailable(reason: Unavailability): Answer {
  return problem(503, reason, UNAVAILABLE[reason], RETRY_AFTER);
}

function quotaMessage(refusal: QuotaRefusal): string {
  switch (refusal.reason) {
    case 'address_full':
      return 'this address has as many streams as an address may have';
    case 'tenant_full':
      return 'the tenant has as many streams on this gateway as a tenant may have';
    case 'too_many_calls':
      return `the tenant has ${refusal.maxCalls} concurrent calls, which is its limit`;
    case 'not_ready':
      return 'the calls of the tenant cannot be counted right now';
  }
}

const ORIGIN = 'requests of web pages are refused; to allow a page, name its origin in ALLOWED_ORIGINS';
const NOT_LOCAL =
  'without a tenant this gateway serves only its own machine, and this request is from elsewhere; run "turnlog tenants add <name>"';
