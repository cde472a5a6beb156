import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type LocalStackOptions } from '@turnlog/local-stack';
import { makePostgresRoles, redisUsers, withUser } from '@turnlog/test-kit';
import { type BreakableServer } from '../servers/breakable-server.ts';

/** The URLs by which services, and the migration, reach the servers. */
export type StackUrls = Required<Pick<LocalStackOptions, 'redisUrl' | 'databaseUrl' | 'serviceUrls'>>;

/** Compose's Redis requires a user. */
const SUITE = 'suite';

/**
 * Gives every service its user and its role, as compose does. The suite's observer client of Postgres is the
 * superuser.
 */
export async function giveOwnUsers(
  postgres: BreakableServer,
  urls: { readonly redisUrl: string; readonly databaseUrl: string },
): Promise<StackUrls> {
  await makePostgresRoles(postgres.url);
  const redisAs = (name: string): string => withUser(urls.redisUrl, name);
  const postgresAs = (role: string): string => withUser(urls.databaseUrl, role);
  // Gateways and session services do not use Postgres.
  const nowhere = 'postgres://none@127.0.0.1:1/none';
  return {
    redisUrl: redisAs('operator'),
    databaseUrl: postgresAs('turnlog_owner'),
    serviceUrls: {
      gateway: { redisUrl: redisAs('gateway'), databaseUrl: nowhere },
      session: { redisUrl: redisAs('session'), databaseUrl: nowhere },
      persister: { redisUrl: redisAs('persister'), databaseUrl: postgresAs('turnlog_persister') },
      reconciler: { redisUrl: redisAs('reconciler'), databaseUrl: postgresAs('turnlog_reconciler') },
    },
  };
}

/**
 * Writes the users of infra/redis into a file, as compose does before Redis starts, and adds one for the
 * suite.
 */
export async function writeRedisUsers(folder: string): Promise<string> {
  const file = path.join(folder, 'users.acl');
  const { password } = new URL(withUser('redis://127.0.0.1', SUITE));
  await writeFile(file, `${await redisUsers()}user ${SUITE} on >${password} allkeys allchannels +@all\n`);
  return file;
}

/** The address of that Redis for the suite. */
export function asSuite(redisUrl: string): string {
  return withUser(redisUrl, SUITE);
}
