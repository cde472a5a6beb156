/** Why an agent's socket failed: a word for the record and a sentence for the log. */
export interface AgentFailure {
  readonly reason: string;
  readonly error: string;
}

/** `givesUp` means that the call has no agent from now on. */
export interface RelayFailure extends AgentFailure {
  /** How often the agent has been dialled. */
  readonly attempts: number;
  readonly givesUp: boolean;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'connection_lost',
  ENOTFOUND: 'unknown_host',
  EAI_AGAIN: 'unknown_host',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
};

/** Describes the error of a socket, or, without one, its close code. */
export function agentFailure(error: Error | undefined, closeCode: number): AgentFailure {
  if (error === undefined) return { reason: `closed_${closeCode}`, error: `closed with code ${closeCode}` };
  const status = /^Unexpected server response: (\d{3})/.exec(error.message)?.[1];
  if (status !== undefined) return { reason: `http_${status}`, error: `the agent answered HTTP ${status}` };
  if (error.message === 'Opening handshake has timed out')
    return { reason: 'timeout', error: 'the agent did not answer in AGENT_CONNECT_TIMEOUT_MS' };
  const code = 'code' in error ? String(error.code) : '';
  const isTls = /^(?:ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code);
  // An address with several IPs fails with an error for each, and no message of its own.
  return { reason: isTls ? 'tls' : (REASONS[code] ?? 'failed'), error: error.message || code };
}
