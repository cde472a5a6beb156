import { type ServiceKind } from '@turnlog/local-stack';
import { type Environment } from '@turnlog/service-kit';

const MODULE = new URL('../world/break-from-within.js', import.meta.url).href;
const OPTIONS = { NODE_OPTIONS: `--import ${MODULE} --max-old-space-size=150` };

/** Services that can be broken from within, with a small heap. */
export const BREAKABLE: Readonly<Record<ServiceKind, Environment>> = {
  gateway: OPTIONS,
  session: OPTIONS,
  persister: OPTIONS,
  reconciler: OPTIONS,
};

/** The signal of each fault. */
export const BREAK = { reject: 'SIGUSR2', overflow: 'SIGHUP', stall: 'SIGWINCH' } as const;
