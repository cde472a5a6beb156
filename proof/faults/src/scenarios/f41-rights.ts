import { sleep } from '@turnlog/service-kit';
import {
  POSTGRES_RIGHTS,
  REDIS_RIGHTS,
  tryPostgresRole,
  tryRedisCommands,
  withUser,
  type RightsTrial,
} from '@turnlog/test-kit';
import { sumMetric } from './metrics.ts';
import { type Context, type Scenario } from './scenario.ts';

/** How many problems of one user are reported. */
const MAX_TOLD = 5;

export const rights: Scenario = {
  id: 'F41',
  name: 'rights',
  title:
    'Each service’s Redis user and Postgres role, as in compose, tries every command, verb and table that it must not use, under load and after kills, including one of Redis',
  pass: 'Every attempt is refused without harm, the services never lack a right, and Redis lacks nothing.',
  answer: 'Each service has a user and a role with only the commands, keys and tables that it needs.',
  loss: 'nothing',
  quick: false,
  stack: { hasOwnUsers: true, hasSpool: true, redis: { appendfsync: 'always' } },
  run: async (context) => {
    const { stack, size, redis } = context;
    const load = context.load({ lateEvents: 1 });
    await sleep(size.windowMs / 3);
    for (const name of ['session-1', 'persister-1']) stack.service(name).kill('SIGKILL');
    await sleep(size.windowMs / 3);
    // A Redis that restarts loses its record of denied commands.
    await expectNoDenial(context);
    await redis.crash();
    await redis.start();
    await load.finished;
    await context.recovered();
    const gaps = await sumMetric(context, 'gateway', 'gateway_gaps_total');
    context.expect(gaps === 0, `Redis lacked ${gaps} times what it had acknowledged`);
    await expectNoDenial(context);

    const under = context.load({ calls: 20 }, 'CAbeside');
    await tryEverything(context);
    await under.finished;
  },
};

async function expectNoDenial({ redisEye, expect }: Context): Promise<void> {
  const denied = (await redisEye.call('ACL', 'LOG')) as unknown[];
  expect(denied.length === 0, `services were denied what they need: ${JSON.stringify(denied[0])}`);
}

async function tryEverything(context: Context): Promise<void> {
  const redisAs = (name: string): string => withUser(context.redis.url, name);
  const postgresAs = (role: string): string => withUser(context.postgres.url, role);
  const trials = [
    ...Object.keys(REDIS_RIGHTS).map((name) => [name, () => tryRedisCommands(redisAs, name)] as const),
    ...Object.keys(POSTGRES_RIGHTS).map((role) => [role, () => tryPostgresRole(postgresAs, role)] as const),
  ];
  let tried = 0;
  for (const [name, attempt] of trials) tried += tell(context, name, await attempt());
  context.note('tried', tried);
}

function tell({ expect }: Context, name: string, { tried, problems }: RightsTrial): number {
  for (const problem of problems.slice(0, MAX_TOLD))
    expect(false, `${name} may do what it must not: ${problem}`);
  expect(tried > 0, `${name} has tried nothing`);
  return tried;
}
