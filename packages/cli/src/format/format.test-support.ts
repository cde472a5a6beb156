import { type StoredCall } from '@turnlog/call-store';

/** The record of a short call, as it comes out of Postgres. */
export function storedCall(changes: Partial<StoredCall> = {}): StoredCall {
  return {
    tenant: 'default',
    call_sid: 'CA1234567890abcdef...',
    status: 'completed',
    direction: null,
    from_number: null,
    to_number: null,
    lead: {},
    stage: null,
    outcome: null,
    initiated_at: null,
    answered_at: null,
    ended_at: null,
    duration_seconds: 45,
    end_reason: null,
    recording_url: null,
    price: null,
    full_transcript: [
      {
        id: '1',
        speaker: 'ai',
        text: "Hello! I'm calling from Real Estate...",
        timestamp: '2026-01-25T11:15:12.000Z',
      },
      { id: '2', speaker: 'user', text: 'Hi, yes?', timestamp: '2026-01-25T11:15:18.000Z' },
      {
        id: '3',
        speaker: 'ai',
        text: "Great! What's your budget for this property?",
        timestamp: '2026-01-25T11:15:20.000Z',
      },
      { id: '4', speaker: 'user', text: 'Around 50 lakhs', timestamp: '2026-01-25T11:15:25.000Z' },
    ],
    collected_data: { budget: 5_000_000, location: 'Mumbai' },
    objections: [],
    metrics: {
      events: 4,
      connections: 1,
      turns: 4,
      turns_by_speaker: {},
      interruptions: 0,
      objections: 0,
      tool_calls: 0,
      dtmf_digits: 0,
    },
    version: 4,
    fold_version: 1,
    epoch: 'e',
    epoch_count: 1,
    transcript_sha256: '',
    persisted_at: new Date(0),
    created_at: new Date(0),
    ...changes,
  };
}
