export { CallReporter, type CallReporterOptions } from './call-reporter.ts';
export { type HttpOptions } from './http-sender.ts';
export {
  type Acknowledgement,
  type JsonValue,
  type MessageOptions,
  type Moment,
  type MomentOptions,
  type Speaker,
  type SpokenMark,
  type ToolCall,
  type Turn,
} from './messages.ts';
export { RelayCalls, type RelayCall, type RelayCallsOptions } from './relay-calls.ts';
export { type AgentSocket } from './agent-socket.ts';
export { TurnlogError, type TurnlogErrorCode } from './turnlog-error.ts';
