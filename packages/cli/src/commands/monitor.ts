import { stringifyJson, type CallEvent } from '@turnlog/call-events';
import { LiveCalls, subscribeToChanges, type CallChange } from '@turnlog/call-log';
import type { Redis } from 'ioredis';
import { defineCommand } from '../command.ts';
import { openRedis, withRedis, type OpenRedis } from '../connections/with-redis.ts';
import { redisFlags, switchFlag, tenantFlag, text, valueFlag } from '../flags.ts';
import { formatChange, linesOf } from '../format/change-line.ts';
import { clockFlags, clockOf } from '../format/clock.ts';
import { visibleText } from '../format/visible-text.ts';
import { print, untilInterrupted, type Terminal } from '../terminal.ts';

export const command = defineCommand({
  usage: 'monitor',
  details: ['Calls starting, turns, data, stages and ends, until Ctrl-C.'],
  flags: {
    call: valueFlag(text, '<callSid>', 'this call only'),
    ...tenantFlag,
    ...clockFlags,
    ...redisFlags,
    json: switchFlag('print each event as a JSON object on a line of its own; a failure is {"error":{…}}'),
  },
  run: ({ values }, terminal) =>
    withRedis(values, terminal, async (open) => {
      const clock = clockOf(values);
      const format = (event: CallEvent) => (values.json ? stringifyJson(event) : formatChange(event, clock));
      const onChange = (change: CallChange): void => {
        if (isWanted(change, values)) for (const line of linesOf(change, format)) print(terminal, line);
      };
      await openRedis(open.url, async (subscriber) => {
        await subscribeToChanges(subscriber, open.space, onChange);
        tellOutages(subscriber, terminal);
        if (!values.json) print(terminal, await greeting(open), '');
        await untilInterrupted(terminal);
      });
      return undefined;
    }),
});

function isWanted(
  { call }: CallChange,
  { call: callSid, tenant }: { readonly call: string | undefined; readonly tenant: string | undefined },
): boolean {
  return (callSid ?? call.callSid) === call.callSid && (tenant ?? call.tenant) === call.tenant;
}

async function greeting({ redis, space }: OpenRedis): Promise<string> {
  const live = await new LiveCalls(redis, space).list();
  const going = live.length === 0 ? 'none in progress' : `${live.length} in progress`;
  const sids = live.slice(0, 10).map(({ call }) => `  ${visibleText(call.callSid)}`);
  return [`👀 Watching calls, ${going}. Ctrl-C ends it.`, ...sids].join('\n');
}

/** The client reconnects by itself; events in the meantime are not shown. */
function tellOutages(subscriber: Redis, { err, signal }: Terminal): void {
  let isAway = false;
  subscriber.on('close', () => {
    if (!isAway && !signal.aborted)
      err.write('Redis is unavailable; events until it is available again are not shown.\n');
    isAway = true;
  });
  subscriber.on('ready', () => {
    err.write('Redis is available again.\n');
    isAway = false;
  });
}
