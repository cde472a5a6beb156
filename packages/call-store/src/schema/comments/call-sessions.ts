import { type CallRow } from '../../write/call-row.ts';
import { type CallSessionsTable } from '../call-store-schema.ts';
import { type RelationComments } from './relation-comments.ts';

/** What each column of `call_sessions` means. */
const columns: Readonly<Record<keyof CallRow | keyof CallSessionsTable, string>> = {
  tenant: 'The customer that the call belongs to. With call_sid the key of a call.',
  call_sid: "The carrier's id of the call.",
  status:
    'initiated, ringing, in_progress, completed, failed, no_answer, busy or canceled. completed includes dropped calls: see ended_cleanly.',
  direction: "The carrier's word, such as inbound or outbound-api. Null until the carrier reported it.",
  from_number: 'The number that called, as the carrier wrote it. Null after retention.',
  to_number: 'The number that was called, as the carrier wrote it. Null after retention.',
  lead: 'JSON object: the phone number and the parameters that were passed to the stream, such as a lead id.',
  stage: 'The newest stage of the dialogue. All of them: stages.',
  outcome: 'The newest outcome that the agent reported, in its own words.',
  outcome_reason: 'Why that outcome, as the agent reported it. Null after retention. Since fold_version 4.',
  initiated_at: 'When the call began: the time of the carrier, or else of the first event.',
  answered_at: "When the call was answered: the time of the carrier, or else of the stream's start.",
  ended_at: 'When the call ended. Null while it is in progress.',
  duration_seconds: 'By the carrier, or else from answered_at to ended_at.',
  end_reason:
    "How the call ended: the carrier's word (callended, stopped), or socket_closed, idle, agent_hung_up, agent_lost, gateway_lost, quiet and others: docs/events.md.",
  ended_cleanly:
    'True if it was completed, nothing failed, the voice agent was not unreachable, and the carrier or the agent ended it. False if it was dropped or failed. Null while it is in progress. Since fold_version 4.',
  failure_cause:
    "Why the call or its stream failed, in the carrier's words, such as NETWORK_ERROR. Without long numbers after retention. Since fold_version 4.",
  agent_reached:
    'False if the gateway could not reach the voice agent. True if the agent spoke or reported on its socket. Null if neither is known. Since fold_version 4.',
  keys_pressed:
    'The keys that the caller pressed: entries with blanks between them. The digits of an entry with more than 2 are written as x. Null after retention. Since fold_version 4.',
  recording_url: "The carrier's recording. Null after retention.",
  price: "What the carrier charges: a decimal number with the carrier's digits.",
  currency: 'Of the price: three letters, if the carrier gives it.',
  custom_field: 'The reference that was passed along when the call was placed. Null after retention.',
  full_transcript:
    'JSON array of the turns in spoken order: id, speaker (user, ai, agent, system), text, timestamp, and more where it is known. As rows: call_turns. Empty after retention.',
  collected_data:
    'JSON object: the newest value of each field that the agent collected. Empty after retention.',
  objections: 'JSON array: text, category, timestamp. Empty after retention.',
  metrics:
    'JSON object: events, connections, turns, turns_by_speaker, talk_ms, longest_silence_ms, response_latency_ms (mean, max, count), interruptions, objections, tool_calls, dtmf_digits, audio_ms. Talk time, silence and latency only if turns have startedAt and endedAt.',
  stages:
    'JSON array of the stages in their order: stage, timestamp. As rows: call_stages. Since fold_version 4.',
  tool_calls:
    'JSON array of the tools in the order of their calls: name, timestamp, duration_ms, failed. Arguments and results are in the archive. As rows: call_tools. Since fold_version 4.',
  consents: 'JSON array: statement, given, purpose, statement_version, timestamp. Empty after retention.',
  legs: 'JSON array of other phones that the carrier connected: number, agent, status, event, duration_seconds, timestamp. Empty after retention.',
  transcript_removed_at: 'When retention removed the words, the collected data and the identities.',
  archive_removed_at: 'When retention removed the archive: from then on the row cannot be compared with it.',
  version: 'The number of distinct events in the row. It never decreases.',
  fold_version: 'The version of the rules by which the row was folded from its events: docs/events.md.',
  epoch: "The generation of the call's log from which the row was last written.",
  epoch_count:
    'The number of generations in the row: above 1 if Redis lost the log of a call that continued.',
  transcript_sha256:
    'SHA-256 of the JSON text of the transcript as it was sent, in hex. Empty after retention.',
  persisted_at: 'When the row was last written.',
  created_at: 'When the row was first written.',
};

export const callSessionsComments: RelationComments = {
  call_sessions: {
    comment: 'One row per call, written when it ends, and every 30 s while it is in progress.',
    columns,
  },
};
