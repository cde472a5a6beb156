import { type TenantCopy } from './tenant-copy.ts';
import { matchesSecret } from './secrets/matches-secret.ts';
import { secretIdOf } from './secrets/secret-text.ts';
import { addressSet, type AddressSet } from './address-range.ts';
import { decodeTenant, type SecretKind, type Tenant, type TenantSecret } from './tenant.ts';

/** Called once for a copy that cannot be read. The tenant stays as it was. */
export type OnUnreadable = (name: string, error: unknown) => void;

interface Known {
  readonly text: string;
  readonly tenant: Tenant;
}

/**
 * The tenants as a gateway knows them. Tenants are never removed: a newer copy revokes one, so that a Redis
 * that came back empty, or without its newest writes, changes nothing here.
 */
export class TenantDirectory {
  readonly #copy: Pick<TenantCopy, 'readAll'>;
  readonly #onUnreadable: OnUnreadable;
  readonly #known = new Map<string, Known>();
  /** Copies that cannot be read, so that each is reported once. */
  readonly #unreadable = new Map<string, string>();
  /** Of live tenants, by the secrets' ids. */
  #secrets = new Map<string, { readonly tenant: Tenant; readonly secret: TenantSecret }>();
  #addresses: readonly { readonly tenant: Tenant; readonly set: AddressSet }[] = [];
  #live: readonly Tenant[] = [];
  #isLoaded = false;

  constructor(copy: Pick<TenantCopy, 'readAll'>, onUnreadable: OnUnreadable = () => undefined) {
    this.#copy = copy;
    this.#onUnreadable = onUnreadable;
  }

  /** Whether the copy was read once: before, no tenant is known. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** No tenant was ever added, and all calls belong to the gateway's default tenant. */
  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  /** The live tenants. */
  get tenants(): readonly Tenant[] {
    return this.#live;
  }

  /** Reads the copy again. Rejects if Redis does not answer; known tenants stay known. */
  async reload(): Promise<void> {
    const copies = await this.#copy.readAll();
    const hasChanged = Object.entries(copies).map(([name, text]) => this.#take(name, text));
    if (hasChanged.includes(true)) this.#index();
    this.#isLoaded = true;
  }

  /** A live tenant. */
  find(name: string): Tenant | undefined {
    const tenant = this.#known.get(name)?.tenant;
    return tenant !== undefined && isLive(tenant) ? tenant : undefined;
  }

  /**
   * The live tenant with this secret of this kind. Takes the same time for a wrong secret as for a right one.
   */
  authenticate(kind: SecretKind, text: string): Tenant | undefined {
    const found = this.#secrets.get(secretIdOf(text) ?? '');
    const isRight = matchesSecret(text, found?.secret);
    return isRight && found?.secret.kind === kind ? found.tenant : undefined;
  }

  /** The live tenants that let this address stream without a credential. */
  findByAddress(address: string): readonly Tenant[] {
    return this.#addresses.filter(({ set }) => set.has(address)).map(({ tenant }) => tenant);
  }

  #index(): void {
    const tenants = [...this.#known.values()].map(({ tenant }) => tenant).filter(isLive);
    this.#live = tenants;
    this.#secrets = secretsOf(tenants);
    const withAddresses = tenants.filter(({ policy }) => policy.addresses.length > 0);
    this.#addresses = withAddresses.map((tenant) => ({ tenant, set: addressSet(tenant.policy.addresses) }));
  }

  /** Applies a copy if it is new. An unchanged text is not parsed again. */
  #take(name: string, text: string): boolean {
    const known = this.#known.get(name);
    if (known?.text === text || this.#unreadable.get(name) === text) return false;
    try {
      const tenant = decodeTenant(text);
      if (tenant.name !== name) throw new Error(`the copy of "${name}" is one of "${tenant.name}"`);
      if (known !== undefined && tenant.revision < known.tenant.revision) return false;
      this.#known.set(name, { text, tenant });
      return true;
    } catch (error) {
      this.#unreadable.set(name, text);
      this.#onUnreadable(name, error);
      return false;
    }
  }
}

function isLive({ revokedAt }: Tenant): boolean {
  return revokedAt === null;
}

function secretsOf(tenants: readonly Tenant[]) {
  return new Map(
    tenants.flatMap((tenant) => tenant.secrets.map((secret) => [secret.id, { tenant, secret }] as const)),
  );
}
