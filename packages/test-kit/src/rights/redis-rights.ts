import { Redis } from 'ioredis';

const CONNECTING = ['ping', 'hello', 'auth', 'reset', 'quit', 'info', 'time', 'eval', 'evalsha'].concat(
  ...[['client|setname', 'client|id']],
);
const FEEDS = [
  'xgroup|create',
  'xgroup|delconsumer',
  'xreadgroup',
  'xautoclaim',
  'xpending',
  'xclaim',
].concat(...[['xack', 'xdel', 'xrange', 'xlen', 'xinfo|groups', 'xinfo|consumers']]);

/** All commands that each user of a service may call, on some key. */
export const REDIS_RIGHTS: Readonly<Record<string, readonly string[]>> = {
  gateway: [
    ...CONNECTING,
    ...[
      'wait',
      'waitaof',
      'hget',
      'hmget',
      'hset',
      'hsetnx',
      'hdel',
      'zscore',
      'zadd',
      'zrem',
      'xadd',
      'xrange',
    ],
    ...[
      'persist',
      'set',
      'get',
      'pexpire',
      'hgetall',
      'zcard',
      'zrangebyscore',
      'zremrangebyscore',
      'getdel',
      'xrevrange',
    ],
  ],
  session: [
    ...CONNECTING,
    ...FEEDS,
    ...[
      'hget',
      'hmget',
      'hgetall',
      'hset',
      'hsetnx',
      'hdel',
      'llen',
      'rpush',
      'pttl',
      'pexpire',
      'persist',
      'xadd',
    ],
    ...['zadd', 'zrem', 'zscore', 'zrangebyscore', 'del', 'publish'],
  ],
  persister: [
    ...CONNECTING,
    ...FEEDS,
    ...['hget', 'hmget', 'hset', 'hdel', 'hexists', 'persist', 'pexpire', 'exists', 'scan', 'zscore', 'xadd'],
    ...['hgetall', 'hincrby'],
  ],
  reconciler: [
    ...CONNECTING,
    ...['hget', 'hmget', 'hset', 'hsetnx', 'hdel', 'zscore', 'zadd', 'zrem', 'xadd', 'xrange', 'persist'],
  ],
  maintenance: [
    ...CONNECTING.filter((command) => !command.startsWith('eval')),
    ...['client|list', 'acl|log', 'acl|whoami', 'slowlog|get', 'latency|latest', 'memory|stats'],
    ...['config|get', 'command|docs', 'replconf', 'psync', 'sync'],
  ],
};

/** The result of trying all that a user must not do. */
export interface RightsTrial {
  readonly tried: number;
  /** The commands that were not refused. */
  readonly problems: readonly string[];
}

/** Tries a user on every command of the server but its own. `urlOf` returns the server's URL for a user. */
export async function tryRedisCommands(urlOf: (name: string) => string, name: string): Promise<RightsTrial> {
  const allowed = new Set(REDIS_RIGHTS[name]);
  const user = new Redis(urlOf(name));
  try {
    const all = await commandsOf(urlOf('operator'));
    const forbidden = all.filter(({ name: command }) => !allowed.has(command));
    const problems: string[] = [];
    for (const { name: command, args } of forbidden) {
      const answer = await redisRefusal(user, [...command.split('|'), ...args]);
      if (!/\b(NOPERM|ERR \w+ command not allowed)/.test(answer)) problems.push(`${command}: ${answer}`);
    }
    return { tried: forbidden.length, problems };
  } finally {
    user.disconnect();
  }
}

/** The error of a refused command, or its reply. */
export async function redisRefusal(user: Redis, [command = '', ...args]: readonly string[]): Promise<string> {
  try {
    return `answered ${JSON.stringify(await user.call(command, ...args))}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Every command of the server and every subcommand, with its minimum number of arguments. */
async function commandsOf(url: string): Promise<{ name: string; args: string[] }[]> {
  const operator = new Redis(url);
  type Info = readonly [name: string, arity: number, ...rest: unknown[]];
  try {
    const infos = (await operator.call('COMMAND')) as Info[];
    return infos.flatMap((info) => {
      const subcommands = (info[9] ?? []) as Info[];
      return (subcommands.length > 0 ? subcommands : [info]).map(([name, arity]) => {
        const given = name.split('|').length;
        return { name, args: Array.from({ length: Math.abs(arity) - given }, () => '1') };
      });
    });
  } finally {
    operator.disconnect();
  }
}
