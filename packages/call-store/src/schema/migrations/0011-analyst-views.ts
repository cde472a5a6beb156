import { type Kysely, type Migration, sql } from 'kysely';

/** Views for the usual questions, by day in India. */
export const analystViews: Migration = { up };

const VIEWS: Readonly<Record<string, string>> = {
  call_stages: `
    select
      call.tenant, call.call_sid, stage.number::integer as stage_no, stage.value ->> 'stage' as stage,
      (stage.value ->> 'timestamp')::timestamptz as began_at,
      extract(epoch from coalesce(
        lead((stage.value ->> 'timestamp')::timestamptz) over (partition by call.tenant, call.call_sid order by stage.number),
        call.ended_at
      ) - (stage.value ->> 'timestamp')::timestamptz)::double precision as seconds
    from call_sessions as call
    cross join lateral jsonb_array_elements(call.stages) with ordinality as stage (value, number)`,
  call_tools: `
    select
      call.tenant, call.call_sid, ist_day(call.initiated_at) as day, tool.number::integer as tool_no,
      tool.value ->> 'name' as tool, (tool.value ->> 'timestamp')::timestamptz as called_at,
      (tool.value ->> 'duration_ms')::double precision as duration_ms,
      coalesce((tool.value ->> 'failed')::boolean, false) as failed
    from call_sessions as call
    cross join lateral jsonb_array_elements(call.tool_calls) with ordinality as tool (value, number)`,
  daily_calls: `
    select
      tenant, ist_day(initiated_at) as day, count(*) as calls,
      count(*) filter (where status = 'completed') as completed,
      count(*) filter (where ended_cleanly) as ended_cleanly,
      count(*) filter (where status = 'failed') as failed,
      count(*) filter (where status = 'no_answer') as no_answer,
      count(*) filter (where status = 'busy') as busy,
      count(*) filter (where status = 'canceled') as canceled,
      count(*) filter (where status in ('initiated', 'ringing', 'in_progress')) as in_progress,
      count(*) filter (where agent_reached is false) as agent_not_reached,
      round(avg(duration_seconds)::numeric, 1) as mean_seconds,
      round((sum(duration_seconds) / 60)::numeric, 1) as minutes
    from call_sessions group by tenant, ist_day(initiated_at)`,
  daily_talk: `
    select
      tenant, ist_day(initiated_at) as day, count(*) as calls,
      round(sum((metrics #>> '{talk_ms,user}')::numeric) / 60000, 1) as caller_minutes,
      round(sum((metrics #>> '{talk_ms,ai}')::numeric) / 60000, 1) as agent_minutes,
      round(avg((metrics ->> 'turns')::numeric), 1) as mean_turns,
      sum((metrics ->> 'interruptions')::bigint) as interruptions,
      round(max((metrics ->> 'longest_silence_ms')::numeric) / 1000, 1) as longest_silence_seconds
    from call_sessions where metrics ? 'talk_ms' group by tenant, ist_day(initiated_at)`,
  daily_latency: `
    select
      tenant, day, count(*) as calls, sum(answers)::bigint as answers,
      round(sum(mean_ms * answers) / sum(answers)) as mean_ms,
      round(percentile_cont(0.9) within group (order by mean_ms)::numeric) as p90_of_calls_ms,
      max(max_ms) as max_ms
    from (
      select
        tenant, ist_day(initiated_at) as day,
        (metrics #>> '{response_latency_ms,count}')::numeric as answers,
        (metrics #>> '{response_latency_ms,mean}')::numeric as mean_ms,
        (metrics #>> '{response_latency_ms,max}')::numeric as max_ms
      from call_sessions where metrics ? 'response_latency_ms'
    ) as call group by tenant, day`,
  daily_failures: `
    select
      tenant, ist_day(initiated_at) as day, status, end_reason, failure_cause, agent_reached, count(*) as calls
    from call_sessions where ended_cleanly is false
    group by tenant, ist_day(initiated_at), status, end_reason, failure_cause, agent_reached`,
  daily_outcomes: `
    select
      tenant, ist_day(initiated_at) as day, outcome, count(*) as calls,
      round(100.0 * count(*) / sum(count(*)) over (partition by tenant, ist_day(initiated_at)), 1) as percent
    from call_sessions where ended_at is not null group by tenant, ist_day(initiated_at), outcome`,
  daily_tools: `
    select
      tenant, day, tool, count(distinct call_sid) as calls, count(*) as uses,
      count(*) filter (where failed) as failed, round(avg(duration_ms)::numeric) as mean_ms
    from call_tools group by tenant, day, tool`,
};

async function up(db: Kysely<unknown>): Promise<void> {
  for (const [name, query] of Object.entries(VIEWS))
    await sql`create view ${sql.table(name)} as ${sql.raw(query)}`.execute(db);
}
