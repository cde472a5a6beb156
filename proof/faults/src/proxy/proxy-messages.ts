import { type Greeting } from './connection.ts';
import { type Faults } from './lane-faults.ts';
import { type TrapOptions } from './trap.ts';

/** What a proxy in a thread of its own is started with. */
export interface ProxyStart {
  /** Of the server. */
  readonly port: number;
  readonly seed: number;
}

/** What a proxy is told. */
export type ProxyOrder =
  | { readonly do: 'set-faults'; readonly faults: Faults; readonly from: readonly string[] | undefined }
  | { readonly do: 'reset-connections'; readonly probability: number | undefined }
  | { readonly do: 'switch-to'; readonly port: number; readonly greeting: Greeting }
  | { readonly do: 'set-trap'; readonly trap: number; readonly options: Omit<TrapOptions, 'onSpring'> }
  | { readonly do: 'release-trap'; readonly trap: number }
  | { readonly do: 'down' | 'up' | 'close' };

/** An order with a number by which it is answered. */
export interface NumberedOrder {
  readonly number: number;
  readonly order: ProxyOrder;
}

/** What a proxy tells: where it listens, what became of an order, and that a trap has sprung. */
export type ProxyWord =
  | { readonly told: 'listening'; readonly port: number }
  | { readonly told: 'done'; readonly number: number; readonly result: number }
  | { readonly told: 'failed'; readonly number: number; readonly problem: string }
  | { readonly told: 'sprung'; readonly trap: number; readonly count: number };
