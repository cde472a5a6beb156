import { hostname } from 'node:os';
import {
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  type Logger as PinoLogger,
  type LogFn,
  type LoggerOptions,
  pino,
} from 'pino';
import { isError, safeErrorMessage } from './describe-error.ts';
import { useLogPhoneKey } from './phone-tag.ts';
import { scrubArgument, scrubFields } from './scrub-fields.ts';
import { scrubText } from './scrub-text.ts';
import { type LogLevel } from './log-level.ts';
import { turnDestination } from './turn-destination.ts';

/** A pino logger: `logger.info({ call_sid, seq }, 'constant message')`. */
export type Logger = PinoLogger;

export interface CreateLoggerOptions {
  /** The name of the service, such as `persister`. */
  service: string;
  level?: LogLevel;
  /** The name of the replica; the host name by default, which in a container is the container's id. */
  instance?: string;
  /** Makes the hash of a phone the same in all processes that have it (`LOG_PHONE_KEY`); random by default. */
  phoneKey?: string | undefined;
  /** Where lines go; standard output by default, at the end of the event loop's turn: see {@link turnDestination}. */
  destination?: DestinationStream;
}

/**
 * JSON lines with `service`, `instance` and `pid`. Whatever is passed to it, a line contains no phone number, transcript
 * text, collected data, row value, command argument or URL password: of fields those that are allowed, of errors what
 * is known to be safe. See `allowed-fields.ts` and `describeError`.
 */
export function createLogger({
  service,
  level = 'info',
  instance,
  phoneKey,
  destination = turnDestination(pino.destination({ fd: 1, sync: true })),
}: CreateLoggerOptions): Logger {
  if (phoneKey !== undefined) useLogPhoneKey(phoneKey);
  const options: LoggerOptions = {
    level,
    base: { service, instance: instance ?? hostname(), pid: process.pid },
    // scrubFields has described the errors already; pino's own serializer would do it again, with every field.
    serializers: { err: asIs },
    formatters: { log: (fields) => scrubFields(fields) },
    hooks: { logMethod: scrubMessage },
  };
  return scrubBindings(pino(options, destination));
}

function asIs(value: unknown): unknown {
  return value;
}

type ChildArguments<L extends string> = [Bindings, ChildLoggerOptions<L> | undefined];

/** pino's formatter of bindings passes over those of children, so `child` itself is wrapped; children inherit that. */
function scrubBindings(logger: Logger): Logger {
  const scrubbed = Object.create(logger) as Logger;
  scrubbed.child = function <L extends string>(
    this: Logger,
    bindings: Bindings,
    options?: ChildLoggerOptions<L>,
  ) {
    return logger.child.call<Logger, ChildArguments<L>, PinoLogger<L>>(this, scrubFields(bindings), options);
  };
  scrubbed.setBindings = function (this: Logger, bindings) {
    logger.setBindings.call(this, scrubFields(bindings));
  };
  return scrubbed;
}

/** Without a message pino uses that of the error, which must be scrubbed too. */
function scrubMessage(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
  const [first, ...rest] = args as unknown[];
  const error = isError(first) ? first : errorOf(first);
  const scrubbed =
    error && rest[0] === undefined
      ? [first, safeErrorMessage(error)]
      : typeof first === 'string'
        ? [scrubMessageText(first), ...rest.map(scrubArgument)]
        : [first, ...scrubMessageOf(rest)];
  method.apply(this, scrubbed as Parameters<LogFn>);
}

/** The fields are followed by the message, which is constant, and by its arguments, which may be anything. */
function scrubMessageOf([message, ...parts]: readonly unknown[]): unknown[] {
  const scrubbed = typeof message === 'string' ? scrubMessageText(message) : message;
  return [scrubbed, ...parts.map(scrubArgument)];
}

const MAX_KNOWN_MESSAGES = 500;
const MAX_KNOWN_CHARACTERS = 200;
const harmlessMessages = new Set<string>();

/** Messages are constants of the code, so they are few: each is checked once for something to scrub. */
function scrubMessageText(message: string): string {
  if (harmlessMessages.has(message)) return message;
  const scrubbed = scrubText(message);
  const isHarmless = scrubbed === message && message.length <= MAX_KNOWN_CHARACTERS;
  if (isHarmless && harmlessMessages.size < MAX_KNOWN_MESSAGES) harmlessMessages.add(message);
  return scrubbed;
}

function errorOf(fields: unknown): Error | undefined {
  const error = typeof fields === 'object' && fields !== null && 'err' in fields ? fields.err : undefined;
  return isError(error) ? error : undefined;
}
