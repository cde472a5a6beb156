import type * as CallStores from '@turnlog/call-store';
import type { CallStore, CarrierStore, DatabaseOptions } from '@turnlog/call-store';
import { stripUrlSecrets } from '@turnlog/service-kit/config';
import { CommandError } from '../command-error.ts';
import type { Terminal } from '../terminal.ts';
import { findServers, notFound, type AskedServers } from './find-servers.ts';

const MAX_CONNECTIONS = 4;
/** Retention and lists may read millions of rows, and a person can press Ctrl-C. */
const STATEMENT_TIMEOUT_MS = 10 * 60_000;

/** Opens the record during the work. Throws a sentence if Postgres cannot be reached or is not migrated. */
export async function withStore<T>(
  asked: AskedServers,
  terminal: Terminal,
  work: (store: CallStore) => Promise<T>,
): Promise<T> {
  return openStore(await databaseUrlOf(asked, terminal), work);
}

/** The same for a known Postgres. */
export function openStore<T>(databaseUrl: string, work: (store: CallStore) => Promise<T>): Promise<T> {
  return open((stores) => stores.createCallStore, databaseUrl, work);
}

/** Opens the pending questions to the carrier, in the same way. */
export async function withCarrierStore<T>(
  asked: AskedServers,
  terminal: Terminal,
  work: (store: CarrierStore) => Promise<T>,
): Promise<T> {
  return open((stores) => stores.createCarrierStore, await databaseUrlOf(asked, terminal), work);
}

async function databaseUrlOf(asked: AskedServers, terminal: Terminal): Promise<string> {
  const { databaseUrl } = await findServers(asked, terminal);
  if (databaseUrl === undefined) throw notFound('Postgres', terminal);
  return databaseUrl;
}

async function open<Store extends { assertMigrated(): Promise<void>; close(): Promise<void> }, T>(
  choose: (stores: typeof CallStores) => (options: DatabaseOptions) => Store,
  databaseUrl: string,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  // Loaded here, so that help and rejected arguments are shown at once.
  const stores = await import('@turnlog/call-store');
  const store = choose(stores)({
    databaseUrl,
    maxConnections: MAX_CONNECTIONS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    applicationName: 'turnlog-cli',
  });
  try {
    await store.assertMigrated();
    return await work(store);
  } catch (error) {
    throw toSentence(error, databaseUrl, stores);
  } finally {
    await store.close();
  }
}

const PROBLEMS: Partial<
  Record<ReturnType<typeof CallStores.classifyDatabaseError>, (why: string) => string>
> = {
  unavailable: (why) => `can't be reached: ${why}. Is it running?`,
  misconfigured: (why) => `refuses: ${why}. Is the database URL right?`,
  timeout: (why) => `took too long: ${why}. Try again later.`,
  locked: (why) => `took too long: ${why}. Try again later.`,
};

function toSentence(error: unknown, databaseUrl: string, stores: typeof CallStores): unknown {
  if (error instanceof CommandError) return error;
  const problem = PROBLEMS[stores.classifyDatabaseError(error)]?.(stores.describeDatabaseError(error));
  if (problem === undefined) return error;
  return new CommandError(`Postgres at ${stripUrlSecrets(databaseUrl)} ${problem}`, { cause: error });
}
