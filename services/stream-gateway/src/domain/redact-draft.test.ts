import { expect, test } from '@jest/globals';
import { readAgentMessage } from './read-agent-message.ts';

const read = (json: unknown, redaction: 'none' | 'mask' | 'drop' = 'mask') => {
  const message = readAgentMessage(json, { nowMs: 0, rawBase64: () => 'cmF3', redaction });
  if (!message.ok) throw new Error(message.error.message);
  return message.draft;
};

const PHONE = '98765 43210';

test("personal data is removed from a turn's text, its heard part and its words", () => {
  const turn = {
    speaker: 'user',
    text: `call ${PHONE} please`,
    heardText: 'call 98765',
    words: [{ text: 'call' }, { text: '98765', startMs: 1 }, { text: '43210' }, { text: 'please' }],
  };
  expect(read({ event: 'turn', turn })).toMatchObject({
    redactions: 1,
    data: {
      text: 'call [phone …10] please',
      heardText: 'call [phone]',
      words: [{ text: 'call' }, { text: '[phone]', startMs: 1 }, { text: '[phone]' }, { text: 'please' }],
    },
  });
});

test('the text between the marks of a turn is read as a whole', () => {
  const marks = [
    { name: 'm1', text: 'it is 98765 ' },
    { name: 'm2', text: '43210, bye' },
  ];
  const turn = { speaker: 'ai', text: 'it is 98765 43210, bye', marks };
  expect(read({ event: 'turn', turn })).toMatchObject({
    redactions: 1,
    data: { marks: [{ text: 'it is [phone]' }, { text: '[phone], bye' }] },
  });
});

test('words are redacted although the agent redacted the text itself', () => {
  const turn = { speaker: 'user', text: 'call ***', words: [{ text: '98765' }, { text: '43210' }] };
  expect(JSON.stringify(read({ event: 'turn', turn }))).not.toMatch(/98765|43210/);
});

test.each([
  [{ event: 'collect', data: { phone: 9_876_543_210, [PHONE]: [{ mail: 'a@b.co' }] } }, 3],
  [{ event: 'objection', text: `not ${PHONE}`, category: 'a@b.co' }, 2],
  [{ event: 'tool', name: 'dial', arguments: { to: [PHONE] }, result: PHONE, error: `no ${PHONE}` }, 3],
  [{ event: 'stage', stage: PHONE }, 1],
  [{ event: 'outcome', outcome: 'callback', reason: PHONE }, 1],
  [{ event: 'consent', statement: `recorded as ${PHONE}`, given: true }, 1],
])('%j keeps nothing personal, and says how much it was', (message, redactions) => {
  for (const mode of ['mask', 'drop'] as const) {
    const draft = read(message, mode);
    expect(draft.redactions).toBe(redactions);
    expect(JSON.stringify(draft)).not.toMatch(/98765|43210|9876543210|a@b/);
  }
  expect(read(message, 'none').redactions).toBeUndefined();
});

test('the original message is not kept beside it', () => {
  const message = { event: 'turn', turn: { speaker: 'user', text: '98765\u000043210' } };
  expect(read(message, 'none').original).toBe('cmF3');
  expect(read(message)).toMatchObject({ data: { text: '[phone …10]' }, redactions: 1 });
  expect(read(message)).not.toHaveProperty('original');
});
