import { type Context } from './scenario.ts';
import { SAVES_STATE } from './requests.ts';

/** The saves of live states that Redis ran for one service. */
export interface WatchedSaves {
  readonly arrived: number;
  /** How often one changed a live state. */
  readonly written: number;
}

/**
 * Watches a session service's saves in Redis with MONITOR, until the returned function is called. A service that
 * was frozen for longer than its command timeout does not count them itself: it drops the replies.
 */
export async function watchSaves({ redisEye }: Context, instance: string): Promise<() => WatchedSaves> {
  const clients = String(await redisEye.client('LIST')).split('\n');
  const client = clients.find((line) => line.includes(` name=session:${instance} `));
  const address = /\baddr=(\S+)/.exec(client ?? '')?.[1];
  const monitor = await redisEye.monitor();
  let isOfService = false;
  let arrived = 0;
  let written = 0;
  monitor.on('monitor', (_time: string, command: readonly string[], source: string) => {
    // A script's own commands follow it directly.
    if (source !== 'lua') isOfService = source === address;
    if (!isOfService) return;
    if (source === 'lua') written += isStateWrite(command) ? 1 : 0;
    else arrived += isSave(command) ? 1 : 0;
  });
  return () => {
    monitor.disconnect();
    return { arrived, written };
  };
}

function isSave(command: readonly string[]): boolean {
  return SAVES_STATE.every((text) => command.some((argument) => argument.includes(text)));
}

function isStateWrite([command = '', key = '']: readonly string[]): boolean {
  return command.toLowerCase() === 'hset' && key.endsWith(':session');
}
