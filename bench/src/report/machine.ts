import { cpus, loadavg, platform, release, totalmem } from 'node:os';
import { type Servers } from '../servers.ts';

/** The machine and the versions of the measurement. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  readonly redis: string;
  readonly postgres: string;
}

export async function describeMachine({ redis, pool }: Servers): Promise<Machine> {
  const info = await redis.info('server');
  const { rows } = await pool.query<{ server_version: string }>('show server_version');
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.versions.node,
    redis: /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown',
    postgres: rows[0]?.server_version ?? 'unknown',
  };
}

export function formatMachine({ cpu, cores, memoryGib, system, node, redis, postgres }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGib} GiB, ${system}; Node ${node}, Redis ${redis}, Postgres ${postgres}`;
}

/** How many processes wanted a core over the last minute, relative to the cores. */
export function loadWarning(): string | undefined {
  const [load = 0] = loadavg();
  const cores = cpus().length;
  if (load < cores / 2) return undefined;
  return `The load average is ${load.toFixed(1)} on ${cores} cores: other programs are running. Trust CPU times and ratios, not rates.`;
}
