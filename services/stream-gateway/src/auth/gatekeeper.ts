import { type IncomingMessage } from 'node:http';
import { isLoopback, type AddressSet, type Tenant, type TenantDirectory } from '@turnlog/tenants';
import { type Principal } from '../domain/principal.ts';
import { clientAddress, isForwarded } from './client-address.ts';
import { type StreamTokens } from './stream-tokens.ts';

/** An authenticated request, or the reason for its refusal. */
export type Admission = Admitted | AdmissionRefusal;

export interface Admitted {
  readonly ok: true;
  readonly principal: Principal;
  /** The client's address, as far as it can be trusted. */
  readonly address: string | undefined;
  /** Makes the stream's token valid again, because the stream was not opened. */
  readonly giveBack: () => Promise<void>;
}

/** The credentials that would be accepted. */
type Expected = 'basic' | 'bearer' | 'token';

/** Why a request is refused; the metrics count these reasons. */
export type AdmissionRefusal =
  | { readonly ok: false; readonly reason: 'origin_not_allowed' | 'not_local' | 'not_ready' }
  | { readonly ok: false; readonly reason: 'unauthorized'; readonly expected: Expected };

export interface GatekeeperOptions {
  readonly directory: TenantDirectory;
  readonly tokens: Pick<StreamTokens, 'take'>;
  /** `auto` admits every request of this machine while no tenant exists. */
  readonly authenticate: 'auto' | 'always' | 'never';
  /** The tenant of requests that are admitted without credentials. */
  readonly openTenant: string;
  readonly proxies: AddressSet;
  readonly allowedOrigins: readonly string[];
}

/** Authenticates streams and requests before anything of them is accepted or read. */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;

  constructor(options: GatekeeperOptions) {
    this.#options = options;
  }

  /** Requests need no credentials. */
  get isOpen(): boolean {
    const { authenticate, directory } = this.#options;
    return authenticate === 'never' || (authenticate === 'auto' && directory.isLoaded && directory.isEmpty);
  }

  /** The address of a request's client, as far as it can be trusted. */
  addressOf(request: IncomingMessage): string | undefined {
    return clientAddress(request, this.#options.proxies);
  }

  /**
   * Refuses a peer on another machine while no tenant is known, or returns undefined. With `never` HOST is loopback, so no
   * other machine can connect.
   */
  refusePeer(address: string | undefined): AdmissionRefusal | undefined {
    const { directory } = this.#options;
    if (!directory.isEmpty || isLoopback(address ?? '')) return undefined;
    return { ok: false, reason: directory.isLoaded ? 'not_local' : 'not_ready' };
  }

  /** A stream: by the token in its URL, or else by Basic credentials or its address. */
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
      const tenant = this.#options.directory.authenticate('api', readCredentials(request).bearer);
      return tenant === undefined ? unauthorized('bearer') : this.#let(request, { tenant: tenant.name });
    });
  }

  async #admit(request: IncomingMessage, decide: () => Admission | Promise<Admission>): Promise<Admission> {
    const { allowedOrigins, directory, openTenant } = this.#options;
    const { origin } = request.headers;
    if (origin !== undefined && !allowedOrigins.includes(origin))
      return { ok: false, reason: 'origin_not_allowed' };
    if (this.isOpen) {
      if (isForwarded(request)) return { ok: false, reason: 'not_local' };
      return this.#let(request, { tenant: openTenant });
    }
    if (!directory.isLoaded) return { ok: false, reason: 'not_ready' };
    return decide();
  }

  #admitCarrier(request: IncomingMessage): Admission {
    const { isGiven, password } = readCredentials(request);
    // Wrong credentials are refused from any address.
    const tenant = isGiven
      ? this.#options.directory.authenticate('stream', password)
      : this.#byAddress(request);
    return tenant === undefined ? unauthorized('basic') : this.#let(request, { tenant: tenant.name });
  }

  /** An address that several tenants have named identifies none of them. */
  #byAddress(request: IncomingMessage): Tenant | undefined {
    const address = this.addressOf(request);
    const found = address === undefined ? [] : this.#options.directory.findByAddress(address);
    return found.length === 1 ? found[0] : undefined;
  }

  async #admitToken(request: IncomingMessage, token: string): Promise<Admission> {
    const { tokens, directory } = this.#options;
    const taken = await tokens.take(token).catch(() => 'unavailable' as const);
    if (taken === 'unavailable') return { ok: false, reason: 'not_ready' };
    if (taken === undefined || directory.find(taken.principal.tenant) === undefined) {
      return unauthorized('token');
    }
    return { ...this.#let(request, taken.principal), giveBack: taken.giveBack };
  }

  #let(request: IncomingMessage, { tenant, callSid }: Partial<Principal> & Pick<Principal, 'tenant'>) {
    const address = this.addressOf(request);
    return { ok: true as const, principal: { tenant, callSid }, address, giveBack: () => Promise.resolve() };
  }
}

function unauthorized(expected: Expected): AdmissionRefusal {
  return { ok: false, reason: 'unauthorized', expected };
}

/**
 * Reads the `Authorization` header. A header that can't be read is given, and empty: it admits nothing. The password is that of
 * HTTP Basic; Exotel makes it of the user info in the stream URL. Source: Exotel, Voicebot applet.
 */
function readCredentials({ headers: { authorization } }: IncomingMessage) {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+) *$/.exec(authorization ?? '') ?? [];
  return {
    isGiven: authorization !== undefined,
    password: scheme.toLowerCase() === 'basic' ? passwordOf(value) : '',
    bearer: scheme.toLowerCase() === 'bearer' ? value : '',
  };
}

/** What follows the first colon. The user name is ignored: a secret identifies its tenant. */
function passwordOf(base64: string): string {
  const text = Buffer.from(base64, 'base64').toString();
  return text.slice(text.indexOf(':') + 1 || text.length);
}
