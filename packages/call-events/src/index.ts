export { callId, callOfId, callSid, tenantName, type CallKey } from './events/envelope.ts';
export {
  type CallEvent,
  type EventData,
  type EventHeader,
  type EventOf,
  type EventType,
  type KnownEvent,
  type UnknownEvent,
} from './events/call-event.ts';
export { callStatus } from './events/carrier.ts';
export {
  decodeEvent,
  decodeEvents,
  encodeEvent,
  type DecodeProblem,
  type DecodeResult,
} from './events/codec.ts';
export {
  endsConnection,
  readEncodedEvent,
  toEncodedEvent,
  underSource,
  type EncodedEvent,
  type EncodedHeader,
} from './events/encoded-event.ts';
export { identityOf, reportOf, type Identified } from './events/identity.ts';
export {
  createEvent,
  type EventDraft,
  type EventOrigin,
  placeEvent,
  storableDraft,
} from './events/create-event.ts';
export { FOLD_VERSION, initialState, type CallState, type ConnectionState } from './fold/call-state.ts';
export { foldCall, foldEvents } from './fold/fold-call.ts';
export { memoryOf } from './fold/memory-of.ts';
export { isTerminal } from './fold/fold-carrier-report.ts';
export { type Order, type Stamped } from './fold/order.ts';
export { countingTurns } from './record/counting-reports.ts';
export { type CallMetrics } from './record/call-metrics.ts';
export { toCallRecord, type CallRecord } from './record/call-record.ts';
export { type CallLeg } from './record/call-legs.ts';
export { type Defined } from './fold/records.ts';
export { toTranscriptTurn, type TranscriptTurn } from './record/transcript.ts';
export { canonicalJson } from './numbers/canonical-json.ts';
export { countFields } from './numbers/count-fields.ts';
export { canonicalNumber, MAX_NUMBER_DIGITS } from './numbers/decimal.ts';
export { ExactNumber } from './numbers/exact-number.ts';
export { sameNumbers } from './numbers/same-numbers.ts';
export { parseJson } from './numbers/parse-json.ts';
export { stringifyJson } from './numbers/exact-number.ts';
export { jsonObject, jsonValue, type JsonValue } from './text/json.ts';
export { MAX_JSON_DEPTH, toStorable, type Storable } from './text/storable.ts';
