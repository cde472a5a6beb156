import { createHash } from 'node:crypto';
import { type EventDraft } from '@turnlog/call-events';
import { eventIdOf, type ReadAgentMessage } from '../domain/read-agent-message.ts';

/** 96 bits: two contents of one id that have the same are not to be found. */
const FINGERPRINT_CHARACTERS = 16;

/** The draft of a message with the id that the agent gave it, and with what tells it from another message of that id. */
export function namedDraft(
  { event, draft, content }: Extract<ReadAgentMessage, { ok: true }>,
  id: string,
): EventDraft {
  const fingerprint = createHash('sha256')
    .update(content)
    .digest('base64url')
    .slice(0, FINGERPRINT_CHARACTERS);
  return { ...draft, id: eventIdOf(event, id), fingerprint };
}
