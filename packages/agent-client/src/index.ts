export { CallReporter, type CallReporterOptions } from './call-reporter.ts';
export { postMessages } from './post-messages.ts';
export type { HttpAnswer, HttpOptions, MessageResult, PostOptions } from './post-messages.ts';
export type * from './messages.ts';
export { RelayCalls, type RelayCall, type RelayCallsOptions } from './relay-calls.ts';
export { type AgentSocket } from './agent-socket.ts';
export { TurnlogError, type TurnlogErrorCode } from './turnlog-error.ts';
