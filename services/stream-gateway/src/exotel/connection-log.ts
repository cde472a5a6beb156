import { type Principal } from '../domain/principal.ts';
import { type Ending, type StartedConnection } from '../domain/connection-state.ts';
import { KNOWN_EVENTS, KNOWN_STOP_REASONS, loggableWord } from '../domain/loggable-word.ts';
import { type Notice } from '../domain/translate-frame.ts';
import { type CallNeeds } from './call-needs.ts';
import { count } from '../report/tally.ts';

/** The most kinds of unknown events that are logged for one connection. */
const MAX_LOGGED_KINDS = 16;

/** Logs and counts what happens to one connection of the carrier. */
export class ConnectionLog {
  readonly #needs: Pick<CallNeeds, 'logger' | 'tally'>;
  readonly #connectionId: string;
  #callSid: string | undefined;
  #loggedKinds: Set<string> | undefined;

  constructor(needs: Pick<CallNeeds, 'logger' | 'tally'>, connectionId: string) {
    this.#needs = needs;
    this.#connectionId = connectionId;
  }

  started({ callSid, streamSid, sampleRate, request, isUnidentified }: StartedConnection): void {
    this.#callSid = callSid;
    const { logger, tally } = this.#needs;
    const fields = { call_sid: callSid, connection_id: this.#connectionId, stream_sid: streamSid };
    if (isUnidentified) {
      tally.unidentifiedCalls += 1;
      logger.warn(
        { event: 'call_unidentified', ...fields },
        'no frame names the call; it is recorded under the id of the connection',
      );
    }
    logger.info(
      { event: 'call_started', ...fields, applet: request.applet, sample_rate: sampleRate },
      'call started',
    );
  }

  /** A token for one call was used for another. */
  refused({ callSid, tenant }: Principal): void {
    this.#needs.logger.warn(
      { event: 'stream_token_misused', call_sid: callSid, connection_id: this.#connectionId, tenant },
      'a token was used for a call that is not its own; the call is refused',
    );
  }

  failed(err: unknown, entry: string): void {
    const fields = { err, step: entry, call_sid: this.#callSid, connection_id: this.#connectionId };
    this.#needs.tally.faults += 1;
    this.#needs.logger.error(
      { event: 'call_fault', ...fields },
      'the gateway failed at this call; the call is ended',
    );
  }

  ended(ending: Ending): void {
    const { logger, tally } = this.#needs;
    const fields = { call_sid: this.#callSid, connection_id: this.#connectionId };
    if (ending.kind === 'stopped') {
      const reason = loggableWord(ending.reason, KNOWN_STOP_REASONS);
      count(tally.endings, 'stopped');
      logger.info({ event: 'call_stopped', ...fields, reason }, 'Call stopped');
      return;
    }
    const { reason, closeCode: close_code } = ending;
    count(tally.endings, reason);
    logger.info({ event: 'call_disconnected', ...fields, reason, close_code }, 'call disconnected');
  }

  /** Each kind of notice is logged once, and counted every time. */
  note(notice: Notice): void {
    const { tally } = this.#needs;
    if (notice.kind === 'unknown_frame') {
      tally.unknownFrames += 1;
      this.#warnOnce(loggableWord(notice.event, KNOWN_EVENTS), 'unknown event from the carrier');
    } else if (notice.kind === 'invalid_frame') {
      count(tally.invalidFrames, notice.reason);
      this.#warnOnce(notice.reason, 'invalid frame from the carrier');
    } else if (notice.kind === 'unknown_encoding') {
      tally.unknownEncodings += 1;
      this.#warnOnce(notice.kind, 'unknown audio encoding; it is read as 16-bit PCM');
    } else {
      this.#warnOnce(notice.kind, 'unexpected frame from the carrier');
    }
  }

  #warnOnce(kind: string, message: string): void {
    const kinds = (this.#loggedKinds ??= new Set());
    if (kinds.has(kind) || kinds.size >= MAX_LOGGED_KINDS) return;
    kinds.add(kind);
    this.#needs.logger.warn(
      { event: 'carrier_frame_unexpected', call_sid: this.#callSid, connection_id: this.#connectionId, kind },
      message,
    );
  }
}
