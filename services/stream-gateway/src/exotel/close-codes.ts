/** Close codes of ours. Source: RFC 6455, section 7.4, and the IANA registry. */
export const POLICY_VIOLATION = 1008;
export const SERVICE_RESTART = 1012;
