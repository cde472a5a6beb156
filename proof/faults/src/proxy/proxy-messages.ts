import { type Greeting } from './connection.ts';
import { type Faults } from './lane-faults.ts';
import { type TrapOptions } from './trap.ts';

/** The options of a proxy in a thread. */
export interface ProxyStart {
  /** Of the server. */
  readonly port: number;
  readonly seed: number;
}

/** A command to a proxy. */
export type ProxyOrder =
  | { readonly do: 'set-faults'; readonly faults: Faults; readonly from: readonly string[] | undefined }
  | { readonly do: 'reset-connections'; readonly probability: number | undefined }
  | { readonly do: 'switch-to'; readonly port: number; readonly greeting: Greeting }
  | { readonly do: 'set-trap'; readonly trap: number; readonly options: Omit<TrapOptions, 'onSpring'> }
  | { readonly do: 'release-trap'; readonly trap: number }
  | { readonly do: 'down' | 'up' | 'close' };

/** A command with the number of its answer. */
export interface NumberedOrder {
  readonly number: number;
  readonly order: ProxyOrder;
}

/** A message of a proxy: its port, the result of a command, or that a trap was triggered. */
export type ProxyWord =
  | { readonly told: 'listening'; readonly port: number }
  | { readonly told: 'done'; readonly number: number; readonly result: number }
  | { readonly told: 'failed'; readonly number: number; readonly problem: string }
  | { readonly told: 'sprung'; readonly trap: number; readonly count: number };
