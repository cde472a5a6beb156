import { type IncomingMessage } from 'node:http';
import { type AddressSet, type Tenant, type TenantDirectory } from '@turnlog/tenants';
import { problem, type Answer } from '../http/answers/answer.ts';
import { clientAddress, isForwarded } from './client-address.ts';
import { type Principal } from '../domain/principal.ts';
import { type StreamTokens } from './stream-tokens.ts';

/** Who is let in, or what is answered instead. `reason` is for the count of refusals. */
export type Admission =
  | {
      readonly ok: true;
      readonly principal: Principal;
      /** What is believed of where the request comes from. */
      readonly address: string | undefined;
      /** The stream did not come about: what was used up for it may be used again. */
      readonly giveBack: () => Promise<void>;
    }
  | { readonly ok: false; readonly reason: string; readonly answer: Answer };

export interface GatekeeperOptions {
  readonly directory: TenantDirectory;
  readonly tokens: StreamTokens;
  /** `auto` lets everybody in while no tenant exists; the gateway then listens on loopback only. */
  readonly authenticate: 'auto' | 'always' | 'never';
  /** Whose calls these are where everybody is let in. */
  readonly openTenant: string;
  readonly proxies: AddressSet;
  readonly allowedOrigins: readonly string[];
}

/** Decides who may stream and report, before anything is accepted or read from them. */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;

  constructor(options: GatekeeperOptions) {
    this.#options = options;
  }

  /** Everybody on this machine is let in. */
  get isOpen(): boolean {
    const { authenticate, directory } = this.#options;
    return authenticate === 'never' || (authenticate === 'auto' && directory.isLoaded && directory.isEmpty);
  }

  /** Everybody is asked who they are: there is a tenant. */
  get isClosed(): boolean {
    const { authenticate, directory } = this.#options;
    return authenticate !== 'never' && !directory.isEmpty;
  }

  /** A stream, by its token where the URL has one, else by Basic credentials or by its address. */
  admitStream(request: IncomingMessage, token?: string): Promise<Admission> {
    return this.#admit(request, () =>
      token === undefined ? this.#admitCarrier(request) : this.#admitToken(request, token),
    );
  }

  /** A request for a stream's URL: as a stream, but not by a token. */
  admitUrlRequest(request: IncomingMessage): Promise<Admission> {
    return this.#admit(request, () => this.#admitCarrier(request));
  }

  /** A request of the HTTP API, by its bearer secret. */
  admitApi(request: IncomingMessage): Promise<Admission> {
    return this.#admit(request, () => {
      const { bearer } = readCredentials(request);
      const tenant = this.#options.directory.authenticate('api', bearer);
      return tenant === undefined
        ? unauthorized('Bearer', NO_BEARER)
        : this.#let(request, { tenant: tenant.name });
    });
  }

  async #admit(request: IncomingMessage, decide: () => Admission | Promise<Admission>): Promise<Admission> {
    const { allowedOrigins, directory, openTenant } = this.#options;
    const { origin } = request.headers;
    if (origin !== undefined && !allowedOrigins.includes(origin))
      return refuse(403, 'origin_not_allowed', ORIGIN);
    if (this.isOpen) {
      if (isForwarded(request)) return refuse(403, 'not_local', NOT_LOCAL);
      return this.#let(request, { tenant: openTenant });
    }
    // Before the tenants were read nobody can be told from anybody.
    if (!directory.isLoaded) return unavailable();
    return decide();
  }

  #admitCarrier(request: IncomingMessage): Admission {
    const { isGiven, password } = readCredentials(request);
    // Wrong credentials are wrong wherever they come from.
    const tenant = isGiven
      ? this.#options.directory.authenticate('stream', password)
      : this.#byAddress(request);
    return tenant === undefined
      ? unauthorized('Basic', NO_BASIC)
      : this.#let(request, { tenant: tenant.name });
  }

  /** An address that several tenants have named does not tell which of them it is. */
  #byAddress(request: IncomingMessage): Tenant | undefined {
    const { directory, proxies } = this.#options;
    const address = clientAddress(request, proxies);
    const found = address === undefined ? [] : directory.findByAddress(address);
    return found.length === 1 ? found[0] : undefined;
  }

  async #admitToken(request: IncomingMessage, token: string): Promise<Admission> {
    const { tokens, directory } = this.#options;
    const taken = await tokens.take(token).catch(() => 'unavailable' as const);
    if (taken === 'unavailable') return unavailable();
    if (taken === undefined || directory.find(taken.principal.tenant) === undefined) {
      return unauthorized('Basic', NO_TOKEN);
    }
    return { ...this.#let(request, taken.principal), giveBack: taken.giveBack };
  }

  #let(request: IncomingMessage, { tenant, callSid }: Partial<Principal> & Pick<Principal, 'tenant'>) {
    const address = clientAddress(request, this.#options.proxies);
    return { ok: true as const, principal: { tenant, callSid }, address, giveBack: () => Promise.resolve() };
  }
}

const NO_BASIC =
  'no credentials, or none that are valid now: give the stream secret as the password, wss://name:secret@host/…';
const NO_BEARER =
  'no credentials, or none that are valid now: send "Authorization: Bearer" and the api secret';
const NO_TOKEN = 'the token in the URL is unknown, was used, or has expired: ask /exotel/url for another one';
const ORIGIN =
  'requests of web pages are not taken; where one is meant to connect, name its origin in ALLOWED_ORIGINS';
const NOT_LOCAL =
  'without a tenant this gateway serves its own machine only, and a proxy has handed this on; run "turnlog tenants add <name>"';

function refuse(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Admission {
  return { ok: false, reason: code, answer: problem(status, code, message, headers) };
}

/** The same for a wrong secret, a revoked one and none at all. */
function unauthorized(scheme: 'Basic' | 'Bearer', message: string): Admission {
  return refuse(401, 'unauthorized', message, { 'www-authenticate': `${scheme} realm="turnlog"` });
}

function unavailable(): Admission {
  const message = 'this gateway can not tell who you are right now; connect again';
  return refuse(503, 'not_ready', message, { 'retry-after': '2' });
}

/** What a request shows of who it is from: nothing, or a secret of its kind. */
export interface Credentials {
  readonly isGiven: boolean;
  /** The password of HTTP Basic; Exotel makes it of the user info in the stream URL. Source: Exotel, Voicebot applet. */
  readonly password: string;
  readonly bearer: string;
}

/** Reads the `Authorization` header. Anything that can't be read is given, and empty: it opens nothing. */
function readCredentials({ headers }: IncomingMessage): Credentials {
  const { authorization } = headers;
  if (authorization === undefined) return { isGiven: false, password: '', bearer: '' };
  const [, scheme = '', value = ''] = /^(\w+) +(\S+) *$/.exec(authorization) ?? [];
  const isBasic = scheme.toLowerCase() === 'basic';
  const isBearer = scheme.toLowerCase() === 'bearer';
  return { isGiven: true, password: isBasic ? passwordOf(value) : '', bearer: isBearer ? value : '' };
}

/** What stands after the first colon. The user name says nothing: a secret names its tenant. */
function passwordOf(base64: string): string {
  const text = Buffer.from(base64, 'base64').toString();
  return text.slice(text.indexOf(':') + 1 || text.length);
}
