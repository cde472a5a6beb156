import { type Logger } from '@turnlog/service-kit';
import { type Gatekeeper } from '../../auth/gatekeeper.ts';
import { listeningHost } from '../../auth/listening-host.ts';
import { type GatewayServer } from './gateway-server.ts';

export interface FollowedServerOptions {
  /** Where it is to listen once somebody can be told from everybody. */
  readonly wantedHost: string;
  readonly gatekeeper: Pick<Gatekeeper, 'isClosed'>;
  readonly logger: Logger;
}

/** A server that listens on loopback for as long as there is no tenant, and where it is meant to from then on. */
export class FollowedServer {
  readonly #server: GatewayServer;
  readonly #options: FollowedServerOptions;
  #following = Promise.resolve();
  #told: 'no_tenant' | 'no_host' | undefined;

  constructor(server: GatewayServer, options: FollowedServerOptions) {
    this.#server = server;
    this.#options = options;
  }

  get host(): string {
    return this.#server.host;
  }

  get port(): number {
    return this.#server.port;
  }

  /** To be called whenever tenants were read. One move at a time; never rejects. */
  follow(): Promise<void> {
    this.#following = this.#following.then(() => this.#move());
    return this.#following;
  }

  async #move(): Promise<void> {
    const { wantedHost, gatekeeper, logger } = this.#options;
    const host = listeningHost(wantedHost, gatekeeper);
    if (host === this.#server.host) {
      if (host !== wantedHost) this.#tellOnce('no_tenant');
      return;
    }
    try {
      await this.#server.moveTo(host);
      logger.info({ host, port: this.port }, 'there is a tenant: listening where HOST says');
    } catch (err) {
      this.#tellOnce('no_host', err);
    }
  }

  #tellOnce(what: 'no_tenant' | 'no_host', err?: unknown): void {
    const { wantedHost, logger } = this.#options;
    if (this.#told === what) return;
    this.#told = what;
    const fields = { host: this.host, wanted_host: wantedHost };
    if (what === 'no_host') logger.error({ ...fields, err }, 'HOST can not be listened on: trying again');
    else logger.warn({ ...fields, todo: 'turnlog tenants add <name>' }, ONLY_LOOPBACK);
  }
}

const ONLY_LOOPBACK =
  'there is no tenant, so anybody could stream: listening on loopback only, until one is added';
