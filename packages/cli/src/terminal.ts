import { once } from 'node:events';
import type { Environment } from '@turnlog/service-kit/config';

/** Where text, or the content of a file, goes: standard output, or a string in a test. */
export interface Output {
  write(content: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
}

/** The environment of a command. */
export interface Terminal {
  readonly env: Environment;
  readonly out: Output;
  readonly err: Output;
  /** Standard input. */
  readonly in: AsyncIterable<string | Uint8Array>;
  /** Aborts when the user presses Ctrl-C. */
  readonly signal: AbortSignal;
  /** Unix ms. */
  readonly now: () => number;
}

/** Writes lines to the output. */
export function print({ out }: Terminal, ...lines: readonly string[]): void {
  out.write(`${lines.join('\n')}\n`);
}

/** Resolves when the user presses Ctrl-C. */
export async function untilInterrupted({ signal }: Terminal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
