import { type LocalStackOptions } from '@turnlog/local-stack';
import { makePostgresRoles, redisUsers, withUser } from '@turnlog/test-kit';
import { Redis } from 'ioredis';
import { type BreakableServer } from '../servers/breakable-server.ts';

/** How services reach the servers, and how whoever migrates does. */
export type StackUrls = Required<Pick<LocalStackOptions, 'redisUrl' | 'databaseUrl' | 'serviceUrls'>>;

/**
 * Gives every service a user and a role of its own, as compose does. The suite's own eyes stay who they are: the nameless
 * user, and the superuser.
 */
export async function giveOwnUsers(
  { redis, postgres }: { readonly redis: BreakableServer; readonly postgres: BreakableServer },
  urls: { readonly redisUrl: string; readonly databaseUrl: string },
): Promise<StackUrls> {
  await makeRedisUsers(redis.url);
  await makePostgresRoles(postgres.url);
  const redisAs = (name: string): string => withUser(urls.redisUrl, name);
  const postgresAs = (role: string): string => withUser(urls.databaseUrl, role);
  // Gateways and session services have no business with Postgres.
  const nowhere = 'postgres://nobody@127.0.0.1:1/none';
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

/** A file of users is read at a start; here the server runs already. */
async function makeRedisUsers(url: string): Promise<void> {
  const redis = new Redis(url);
  try {
    for (const line of (await redisUsers()).split('\n')) {
      // What stands in brackets is one argument.
      const [, name = '', ...rules] = line.match(/\([^)]*\)|\S+/g) ?? [];
      if (name !== '' && name !== 'default') await redis.call('ACL', 'SETUSER', name, 'reset', ...rules);
    }
  } finally {
    redis.disconnect();
  }
}
