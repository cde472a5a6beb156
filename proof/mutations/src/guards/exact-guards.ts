import { type Guard } from '../guard.ts';

const APPEND_TEST = 'packages/call-log/src/append/revisions.integration.test.ts';
const MESSAGE_TEST = 'services/stream-gateway/src/domain/read-agent-text.test.ts';

/** Guards that keep a value as it was acknowledged. */
export const exactGuards: readonly Guard[] = [
  {
    name: 'digits-of-a-message',
    keeps: 'a number that JavaScript would round keeps its digits',
    file: 'packages/call-events/src/numbers/parse-json.ts',
    text: 'return MAY_HOLD_EXACT_NUMBER.test(text) ? parseExactly(text) : (JSON.parse(text) as JsonValue);',
    without: 'return JSON.parse(text) as JsonValue;',
    test: { file: MESSAGE_TEST, name: 'a number in a free field keeps all its digits 750727362669608961' },
  },
  {
    name: 'digits-of-a-log',
    keeps: 'a number that is read back from the log or the archive keeps its digits',
    file: 'packages/call-events/src/events/codec.ts',
    text: 'return isExact ? withoutMark(parseExactly(text)) : json;',
    without: 'return isExact ? withoutMark(json) : json;',
    test: {
      file: 'packages/call-events/src/events/codec.test.ts',
      name: 'a number that a JavaScript number does not hold is read back as it was written, alone and among other events',
    },
  },
  {
    name: 'digits-of-a-row',
    keeps: 'a number that is read from Postgres keeps its digits',
    file: 'packages/call-store/src/connection/pool.ts',
    text: '    types: EXACT_JSON,\n',
    without: '',
    test: {
      file: 'packages/call-store/src/exact-numbers.integration.test.ts',
      name: 'numbers beyond a JavaScript number are read with all their digits',
    },
  },
  {
    name: 'digits-of-a-frame',
    keeps: 'two calls whose ids are numbers of 19 digits are two',
    file: 'packages/exotel/src/wire/parse-exotel-frame.ts',
    text: 'return (isAudio && hasTextId) || !mayBeChanged(text) ? frame : readJson(text);',
    without: 'return frame;',
    test: {
      file: 'packages/exotel/src/wire/read-json.test.ts',
      name: 'a stream whose ids, numbers and parameters are JSON numbers keeps all their digits',
    },
  },
  {
    name: 'redaction-of-numbers-written-out',
    keeps: 'a card number with an exponent is redacted',
    file: 'packages/redaction/src/redact/redact-json.ts',
    text: 'return redactLeaf(node, node.writtenOut(MAX_DIGITS));',
    without: 'return redactLeaf(node, node.digits);',
    test: {
      file: 'packages/redaction/src/redaction.test.ts',
      name: 'a number of JSON is personal data by its digits, however many there are, and with an exponent',
    },
  },
  {
    name: 'zeros-of-numbers-written-out',
    keeps:
      'numbers with large exponents do not hold up the reports of others while personal data is looked for',
    file: 'packages/call-events/src/numbers/decimal.ts',
    text: 'writtenOutDigits - digits.length > maxZeros ?',
    without: 'writtenOutDigits > MAX_NUMBER_DIGITS ?',
    test: {
      file: 'packages/call-events/src/numbers/exact-json.test.ts',
      name: 'a decimal is not written out where that takes too many zeros',
    },
  },
  {
    name: 'a-field-once',
    keeps: 'no value of a repeated field is silently lost',
    file: 'services/stream-gateway/src/domain/read-agent-message.ts',
    text: 'if (fieldsInText !== undefined && fieldsInText > storable.fields) {',
    without: 'if (fieldsInText === -1) {',
    test: {
      file: MESSAGE_TEST,
      name: 'a message that is not JSON, or has a field twice, is refused {"event":"collect","data":{"budget":1,"budget":2}}',
    },
  },
  {
    name: 'fields-beyond-the-known',
    keeps: "unknown fields of an agent's message are kept",
    file: 'services/stream-gateway/src/domain/beyond-known.ts',
    text: 'const beyond = [...unknown, ...outweighed];',
    without: 'const beyond = [...outweighed];',
    test: {
      file: MESSAGE_TEST,
      name: 'what a message has beyond the known fields is kept at each of its places',
    },
  },
  {
    name: 'days-that-exist',
    keeps: '30 February is refused, and not read as 2 March',
    file: 'services/stream-gateway/src/domain/agent-moment.ts',
    text: "const FEBRUARY = '02-(?:0[1-9]|1\\\\d|2[0-8])';",
    without: "const FEBRUARY = '02-(?:0[1-9]|[12]\\\\d|3[01])';",
    test: {
      file: 'services/stream-gateway/src/domain/read-agent-message.test.ts',
      name: 'a time that does not exist or is ambiguous is refused every day of the calendar is accepted, and no other',
    },
  },
  {
    name: 'conflict-answer',
    keeps: 'other content under a known id is not called a duplicate',
    file: 'packages/call-log/src/append/append-lua.ts',
    text: "return limits ~= 'none' and 'conflict' or nil",
    without: "return -tonumber(string.match(known, '^%d+'))",
    test: {
      file: APPEND_TEST,
      name: 'a report with a known id is a duplicate with the same content, a conflict with different content',
    },
  },
  {
    name: 'acknowledged-conflict',
    keeps: 'a report that the spool acknowledged is not dropped as a conflict',
    file: 'packages/call-log/src/append/append-lua.ts',
    text: "limits ~= 'none' and 'conflict' or nil",
    without: "'conflict'",
    test: {
      file: 'services/stream-gateway/src/revisions.integration.test.ts',
      name: 'a report that the spool acknowledged stays, although the log has another one of its id',
    },
  },
  {
    name: 'refused-conflict',
    keeps: 'a report that was refused as a conflict is not appended by a later attempt',
    file: 'packages/call-log/src/append/append-runs.ts',
    text: "args.push(isRefused ? '' : text,",
    without: 'args.push(text,',
    test: {
      file: APPEND_TEST,
      name: 'an acknowledged report that was refused stays out of the log, even if the event that it contradicts is lost',
    },
  },
  {
    name: 'highest-revision',
    keeps: 'the highest revision takes precedence, whatever the order of revisions',
    file: 'packages/call-events/src/fold/revisions.ts',
    text: 'if (known === undefined || compareRevisions(known, event) < 0) newest.set(event.id, event);',
    without: 'if (known === undefined || known.id === event.id) newest.set(event.id, event);',
    test: {
      file: 'packages/call-events/src/fold/revisions.test.ts',
      name: 'whatever the order in which revisions come, and how often, the record is the same',
    },
  },
];
