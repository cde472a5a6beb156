import { CallStoreError } from '@turnlog/call-store';
import { WavFormatError } from '@turnlog/exotel';
import { LocalStackError } from '@turnlog/local-stack';
import { TenantError } from '@turnlog/tenants';
import { CommandError, reasonOf } from './command-error.ts';

const WITH_A_SENTENCE = [CommandError, CallStoreError, LocalStackError, TenantError, WavFormatError];

/** A failure for programs. */
export interface Failure {
  /** Where the error has one, such as `port_taken`. */
  readonly code?: string;
  /** The text for the user. */
  readonly message: string;
}

/** The report of a failure. Unexpected errors say how to get more information. */
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
