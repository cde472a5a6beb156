export { shapes, type ShapeName } from './shapes/shapes.ts';
export { speechLikeNoise, tone } from './audio/synthesise.ts';
export { placeCall } from './call/exotel-call.ts';
export { type SimulatedCall } from './call/simulated-call.ts';
export {
  startFakeRestApi,
  type FakeRestApi,
  type FakeRestApiOptions,
  type ReceivedRequest,
} from './rest-api/fake-rest-api.ts';
export { type Misbehaviour } from './rest-api/misbehaviour.ts';
export { istTime, type CallFields, type FakeCall } from './rest-api/fake-call.ts';
export { type Drop, type PlaceCallOptions } from './call/call-plan.ts';
export { speedOf, type Pace } from './call/pace.ts';
export { type CallReport, type CallEnd } from './call/call-report.ts';
export { type AnnouncedCall, type Shape } from './shapes/shape.ts';
export { planLoadCall, type LoadCallOptions, type LoadCallPlan } from './load/plan-load-call.ts';
export { simulateCalls, type CallLoad, type SimulatedOutcome } from './load/simulate-calls.ts';
