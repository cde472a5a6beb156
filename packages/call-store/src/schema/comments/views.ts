import { type RelationComments } from './relation-comments.ts';

const call = { tenant: 'The customer that the call belongs to.', call_sid: "The carrier's id of the call." };
const perDay = {
  tenant: 'The customer that the calls belong to.',
  day: 'The day in India on which the calls began.',
};

/** What the views mean. */
export const viewComments: RelationComments = {
  call_turns: {
    comment: 'One row per turn, from full_transcript.',
    columns: {
      ...call,
      turn_no: 'The position of the turn, from 1.',
      turn_id: 'The id of the turn: `turn:` and the id that the agent gave it.',
      speaker: 'user (the caller), ai (the voice agent), agent (a human agent) or system.',
      text: 'What was said.',
      spoken_at: 'When the turn began, or when it was reported if the agent gave no startedAt.',
      ended_at: 'When the turn ended. Null if the agent gave no endedAt.',
      interrupted: 'Whether the turn was cut short.',
      heard_text: 'What the caller heard of an interrupted turn.',
      confidence: 'Of the speech recogniser, 0 to 1.',
      language: 'The language of the turn, such as hi-IN.',
    },
  },
  call_stages: {
    comment: 'One row per stage of a call, from stages.',
    columns: {
      ...call,
      stage_no: 'The position of the stage, from 1.',
      stage: 'The stage, in the words of the agent.',
      began_at: 'When the stage began.',
      seconds: 'How long it lasted: until the next stage, or the end of the call. Null while it lasts.',
    },
  },
  call_tools: {
    comment: 'One row per tool call, from tool_calls.',
    columns: {
      ...call,
      day: 'The day in India on which the call began.',
      tool_no: 'The position of the tool call, from 1.',
      tool: 'The name of the tool.',
      called_at: 'When it was called.',
      duration_ms: 'How long it took, if the agent reported it.',
      failed: 'Whether the agent reported an error.',
    },
  },
  daily_calls: {
    comment: 'Calls per day, by their status.',
    columns: {
      ...perDay,
      calls: 'All calls.',
      completed: 'Calls with status completed, including dropped ones.',
      ended_cleanly: 'Completed calls that the carrier or the agent ended and in which nothing failed.',
      failed: 'Calls with status failed.',
      no_answer: 'Calls that were not answered.',
      busy: 'Calls to a busy number.',
      canceled: 'Calls that were canceled.',
      in_progress: 'Calls that have not ended yet.',
      agent_not_reached: 'Calls whose voice agent could not be reached.',
      mean_seconds: 'The mean duration of those with a duration.',
      minutes: 'The sum of the durations.',
    },
  },
  daily_talk: {
    comment: 'Talk time per day, of calls whose turns have startedAt and endedAt.',
    columns: {
      ...perDay,
      calls: 'Calls with talk times.',
      caller_minutes: 'How long the callers spoke.',
      agent_minutes: 'How long the voice agent spoke.',
      mean_turns: 'The mean number of turns of a call.',
      interruptions: 'How often a caller interrupted the voice agent.',
      longest_silence_seconds: 'The longest silence between two turns.',
    },
  },
  daily_latency: {
    comment:
      'How fast the voice agent answered per day: from the end of the caller’s turn to the start of the answer.',
    columns: {
      ...perDay,
      calls: 'Calls with at least one measured answer.',
      answers: 'Measured answers.',
      mean_ms: 'The mean over all answers.',
      p90_of_calls_ms: 'Nine of ten calls have a mean up to this.',
      max_ms: 'The slowest answer.',
    },
  },
  daily_failures: {
    comment: 'Calls per day that did not end cleanly, by what is known of the cause.',
    columns: {
      ...perDay,
      status: 'The status of the calls.',
      end_reason: 'How they ended.',
      failure_cause: "Why they failed, in the carrier's words.",
      agent_reached: 'Whether the voice agent was reached.',
      calls: 'The number of calls.',
    },
  },
  daily_outcomes: {
    comment: 'Ended calls per day, by outcome.',
    columns: {
      ...perDay,
      outcome: 'The outcome. Null if the agent reported none.',
      calls: 'The number of calls.',
      percent: "Their share of the day's ended calls.",
    },
  },
  daily_tools: {
    comment: 'Tool calls per day.',
    columns: {
      ...perDay,
      tool: 'The name of the tool.',
      calls: 'Calls in which it was used.',
      uses: 'How often it was used.',
      failed: 'How often the agent reported an error.',
      mean_ms: 'Its mean duration, where the agent reported it.',
    },
  },
};
