export { CallReporter, type CallReporterOptions } from './call-reporter.ts';
export {
  postMessages,
  type HttpAnswer,
  type HttpOptions,
  type MessageResult,
  type PostOptions,
} from './post-messages.ts';
export {
  type Acknowledgement,
  type AgentMessage,
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
