import { type Guard } from '../guard.ts';

/** Guards that keep the carrier's words from being misread. */
export const vocabularyGuards: readonly Guard[] = [
  {
    name: 'leg-is-not-the-call',
    keeps: "a colleague's busy phone does not end the call",
    file: 'packages/exotel/src/callbacks/leg-of.ts',
    text: "return LEG_EVENT.test(eventType) || fields.get('DialWhomNumber', 'AgentEmail') !== undefined;",
    without: 'return false;',
    test: {
      file: 'services/stream-gateway/src/http/endpoints/callbacks.integration.test.ts',
      name: 'the busy status of another leg does not end the call, and is in its record',
    },
  },
  {
    name: 'leg-is-not-folded-as-status',
    keeps: "a report on a colleague's leg does not change the call's own status",
    file: 'packages/call-events/src/fold/fold-carrier-report.ts',
    text: "data.subject === 'leg'",
    without: 'isConfirmed && !isConfirmed',
    test: {
      file: 'packages/call-events/src/fold/fold-carrier-report.test.ts',
      name: 'another leg does not change the status of the call',
    },
  },
  {
    name: 'named-status-outweighs-assumed',
    keeps: 'an assumed status does not hide one that the carrier named',
    file: 'packages/call-events/src/fold/fold-carrier-report.ts',
    text: 'if (current.isAssumed !== candidate.isAssumed) return current.isAssumed === true ? candidate : current;',
    without: '',
    test: {
      file: 'packages/call-events/src/fold/fold-carrier-report.test.ts',
      name: 'a status that was assumed gives way to any that was named',
    },
  },
  {
    name: 'no-end-while-it-goes-on',
    keeps: 'a call in progress has no end and no reason for one',
    file: 'packages/call-events/src/record/call-status.ts',
    text: 'if (!isTerminal(status)) return { status, endReason: undefined, endedAt: undefined };',
    without: '',
    test: {
      file: 'packages/call-events/src/fold/fold-carrier-report.test.ts',
      name: 'reports in any order, each of them up to three times, give the same record',
    },
  },
  {
    name: 'starts-are-joined',
    keeps: 'the numbers and parameters of a second start are kept',
    file: 'packages/call-events/src/fold/fold-call.ts',
    text: 'state.started = foldStart(state.started, event);',
    without: 'if (state.version === 1) state.started = foldStart(state.started, event);',
    test: {
      file: 'packages/call-events/src/fold/fold-start.test.ts',
      name: 'a second start brings the numbers, the direction and the parameters that the first lacked, in any order',
    },
  },
  {
    name: 'blank-is-no-value',
    keeps: 'a field with the word null is not taken for one with a value',
    file: 'packages/exotel/src/callbacks/callback-fields.ts',
    text: 'if (value !== undefined && !saysNothing(value)) return value;',
    without: 'if (value !== undefined) return value;',
    test: {
      file: 'packages/exotel/src/callbacks/callbacks.test.ts',
      name: 'a leg whose number is the word null is ignored, and the call ends',
    },
  },
  {
    name: 'dates-do-not-roll-over',
    keeps: 'a date that does not exist is not read as another',
    file: 'packages/exotel/src/callbacks/carrier-time.ts',
    text: 'if (Number.isNaN(atMs) || new Date(atMs).toISOString() !== iso) return undefined;',
    without: 'if (Number.isNaN(atMs)) return undefined;',
    test: {
      file: 'packages/exotel/src/callbacks/carrier-time.test.ts',
      name: 'a date that does not exist is not read as another',
    },
  },
  {
    name: 'streams-are-of-one-tenant',
    keeps: 'a report of one tenant is not added to the call of another',
    file: 'services/stream-gateway/src/domain/keys.ts',
    text: '${tenant}/${streamSid}`',
    without: '${tenant.slice(0, 0)}/${streamSid}`',
    test: {
      file: 'services/stream-gateway/src/http/endpoints/callbacks.integration.test.ts',
      name: 'a passthru that does not name a call is not given to the call of another tenant with a stream of that name',
    },
  },
  {
    name: 'unplaced-is-kept',
    keeps: 'a Passthru of an unknown call is not lost',
    file: 'services/stream-gateway/src/http/endpoints/callbacks-endpoint.ts',
    text: "if (unplaced === undefined) return { fate: 'unplaced', answer: taken('unplaced') };",
    without: "if (unplaced !== '') return { fate: 'unplaced', answer: taken('unplaced') };",
    test: {
      file: 'services/stream-gateway/src/http/endpoints/callbacks.integration.test.ts',
      name: 'a passthru that does not name a call of no known stream is kept under an id of its own, counted, and answered 200',
    },
  },
  {
    name: 'caller-is-spared',
    keeps: 'a caller does not wait in a flow for a callback that cannot be read',
    file: 'services/stream-gateway/src/http/endpoints/callbacks-endpoint.ts',
    text: "return (kind === 'passthru' ? sparingTheCaller(taken) : taken).answer;",
    without: 'void sparingTheCaller;\n    return taken.answer;',
    test: {
      file: 'services/stream-gateway/src/http/endpoints/callbacks.integration.test.ts',
      name: 'a passthru that does not name a call and can not be read is answered 200, because a caller waits for it',
    },
  },
  {
    name: 'key-stays-with-exotel',
    keeps: "the key of the carrier's API is not sent to any host that a callback names",
    file: 'packages/exotel/src/rest/fetch-recording.ts',
    text: "if (url.protocol !== 'https:' && !isOfApi)",
    without: "if (url.protocol === 'ftp:')",
    test: {
      file: 'packages/exotel/src/rest/fetch-recording.test.ts',
      name: 'only hosts of Exotel get the key, and no request is unencrypted, whatever a redirect says',
    },
  },
  {
    name: 'mulaw-is-decoded',
    keeps: 'a second of μ-law counts as a second, and its WAV is not noise',
    file: 'services/stream-gateway/src/domain/translate-frame.ts',
    text: "codec: codec ?? 'pcm16',",
    without: "codec: 'pcm16',",
    test: {
      file: 'services/stream-gateway/src/audio.integration.test.ts',
      name: 'a second of μ-law is stored as a second of 16-bit PCM, and the record has its encoding',
    },
  },
  {
    name: 'agent-knows-the-rate',
    keeps: 'an agent behind the relay does not take 16 kHz for 8',
    file: 'services/stream-gateway/src/domain/agent-sample-rate.ts',
    text: "return [told, ...fragment].join('#');",
    without: 'void [told, fragment];\n  return template;',
    test: {
      file: 'services/stream-gateway/src/relay.integration.test.ts',
      name: 'an agent receives a rate of 16 kHz as bots of Exotel do, in the query of its URL',
    },
  },
  {
    name: 'placeholders-are-no-ids',
    keeps: 'calls with an unfilled sid do not become one call',
    file: 'packages/exotel/src/wire/names-nothing.ts',
    text: 'saysNothing(id) || PLACEHOLDER.test(id)',
    without: 'saysNothing(id)',
    test: {
      file: 'packages/exotel/src/wire/parse-exotel-frame.test.ts',
      name: 'a start with an unfilled call sid has none there, and uses another field',
    },
  },
];
