import { type LogLevel } from './log-level.ts';
import { type Logger } from './logger.ts';

type Level = Exclude<LogLevel, 'silent'>;

/** The events that a part of a program logs: by name, the level and the message. */
type LogEvents = Readonly<Record<string, readonly [level: Level, message: string]>>;

/** Logs an event of a table, at the level of the table or another one. */
export type EventLog<Events extends LogEvents> = (
  event: keyof Events & string,
  fields?: object,
  level?: Level,
) => void;

/**
 * The function that logs the events of a table, `log('call_expired', { call_sid })`. docs/logs.md is made of the tables:
 * a constant that is called `EVENTS`, or something before `_EVENTS`.
 */
export function eventLog<Events extends LogEvents>(logger: Logger, events: Events): EventLog<Events> {
  return (event, fields, otherLevel) => {
    const [level, message] = events[event] as Events[string];
    logger[otherLevel ?? level]({ event, ...fields }, message);
  };
}
