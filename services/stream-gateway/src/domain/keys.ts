/** The names of the gateway's own keys in Redis, under KEY_PREFIX. */
export function gatewayKeys(prefix: string) {
  return {
    callsOf: (tenant: string) => `${prefix}calls-of:${tenant}`,
    bytesOf: (tenant: string) => `${prefix}bytes-of:${tenant}`,
    callOfStream: (tenant: string, streamSid: string) => `${prefix}call-of-stream:${tenant}/${streamSid}`,
  };
}

export type GatewayKeys = ReturnType<typeof gatewayKeys>;
