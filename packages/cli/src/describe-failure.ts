import { CallStoreError } from '@turnlog/call-store';
import { WavFormatError } from '@turnlog/exotel';
import { LocalStackError } from '@turnlog/local-stack';
import { CommandError } from './command-error.ts';
import { reasonOf } from './reason-of.ts';

const WITH_A_SENTENCE = [CommandError, CallStoreError, LocalStackError, WavFormatError];

/** What the user reads of a failure. Errors that nobody foresaw say how to learn more. */
export function describeFailure(error: unknown): string {
  const isForeseen = WITH_A_SENTENCE.some((kind) => error instanceof kind);
  if (isForeseen) return reasonOf(error);
  return `Something went wrong: ${reasonOf(error)}. TURNLOG_DEBUG=1 shows where.`;
}
