import { describe, expect, it } from '@jest/globals';
import { formatCallRecord } from './call-record.ts';
import { wallClock } from './clock.ts';
import { storedCall } from './format.test-support.ts';

const clock = wallClock('Asia/Kolkata');

describe('formatCallRecord', () => {
  it('shows the facts, the collected data, and every turn with its time', () => {
    expect(formatCallRecord(storedCall(), clock)).toBe(
      `
================================================================================
📞 CALL TRANSCRIPT
================================================================================

📋 CALL INFO:
  Call SID:       CA1234567890abcdef...
  Status:         completed
  Duration:       45s

📊 COLLECTED DATA:
  budget: 5000000
  location: Mumbai

📝 FULL TRANSCRIPT:
--------------------------------------------------------------------------------
[16:45:12] 🤖 AI:         Hello! I'm calling from Real Estate...
[16:45:18] 👤 USER:       Hi, yes?
[16:45:20] 🤖 AI:         Great! What's your budget for this property?
[16:45:25] 👤 USER:       Around 50 lakhs`.trimStart(),
    );
  });

  it('shows outcome, end reason and times if they are known', () => {
    const call = storedCall({
      tenant: 'acme',
      outcome: 'qualified',
      end_reason: 'callended',
      agent_reached: false,
      initiated_at: new Date('2026-01-25T11:15:00Z'),
      objections: [{ text: 'too far', timestamp: '2026-01-25T11:15:25.000Z' }],
    });
    const text = formatCallRecord(call, clock);
    expect(text).toContain('  Tenant:         acme\n');
    expect(text).toContain('  Outcome:        qualified\n');
    expect(text).toContain('  Started:        2026-01-25 16:45:00\n');
    expect(text).toContain('  End reason:     callended\n');
    expect(text).toContain('  Voice agent:    not reached\n');
    expect(text).toContain('🙅 OBJECTIONS:\n  too far\n');
  });

  it('shows that there are no data and no turns', () => {
    const text = formatCallRecord(storedCall({ full_transcript: [], collected_data: {} }), clock);
    expect(text).toContain('📊 COLLECTED DATA:\n  (none)\n');
    expect(text).toContain('(no turn was reported)');
  });

  it('shows nothing that a terminal would execute', () => {
    const evil = '\u001B\u202E';
    const call = storedCall({
      call_sid: evil,
      outcome: evil,
      collected_data: { [evil]: evil, nested: [evil] },
      full_transcript: [{ id: '1', speaker: 'user', text: evil, timestamp: '2026-01-25T11:15:12.000Z' }],
    });
    const text = formatCallRecord(call, clock);
    for (const character of evil) expect(text).not.toContain(character);
    expect(text).toContain('👤 USER:       <U+001B><U+202E>');
  });
});
