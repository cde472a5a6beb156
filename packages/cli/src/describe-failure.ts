import { CallStoreError } from '@turnlog/call-store';
import { WavFormatError } from '@turnlog/exotel';
import { LocalStackError } from '@turnlog/local-stack';
import { TenantError } from '@turnlog/tenants';
import { CommandError, reasonOf } from './command-error.ts';

const WITH_A_SENTENCE = [CommandError, CallStoreError, LocalStackError, TenantError, WavFormatError];

/** A failure as a program reads it. */
export interface Failure {
  /** Where the error has one, such as `port_taken`. */
  readonly code?: string;
  /** What the user reads. */
  readonly message: string;
}

/** What is told of a failure. Errors that nobody foresaw say how to learn more. */
export function describeFailure(error: unknown): Failure {
  const isForeseen = WITH_A_SENTENCE.some((kind) => error instanceof kind);
  if (!isForeseen) {
    return { message: `Something went wrong: ${reasonOf(error)}. TURNLOG_DEBUG=1 shows where.` };
  }
  return { ...codeOf(error), message: reasonOf(error) };
}

function codeOf(error: unknown): { readonly code?: string } {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? { code } : {};
}
