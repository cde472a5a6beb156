import { stripUrlSecrets } from '@turnlog/service-kit/config';
import type { LocalStack } from '@turnlog/local-stack';

/** Where everything is, and what to do with it. */
export function formatBanner(stack: LocalStack, dataDir: string, seconds: number): string {
  const [gatewayUrl = ''] = stack.gatewayUrls;
  const [streamUrl = ''] = stack.streamUrls;
  const port = new URL(gatewayUrl).port;
  // The embedded database's password is of use only to the person at this terminal.
  const databaseUrl =
    stack.servers.postgres === undefined ? stripUrlSecrets(stack.databaseUrl) : stack.databaseUrl;
  return [
    `Turnlog is up after ${seconds.toFixed(1)} s.`,
    '',
    `  Exotel stream   ${streamUrl}`,
    `  Agent events    POST ${gatewayUrl}/v1/calls/<callSid>/events`,
    `  Health          http://127.0.0.1:${stack.service('gateway-1').healthPort}/readyz, /healthz, /metrics`,
    `  Redis           ${stripUrlSecrets(stack.redisUrl)}`,
    `  Postgres        ${databaseUrl}`,
    `  Data            ${dataDir} (logs in ${stack.logDir})`,
    '',
    '  Try your own bot  AGENT_URL=ws://<your bot>/{callSid} npm start; then, in a second terminal:',
    '                    ./turnlog simulate',
    `  Point Exotel at   wss://<tenant>:<stream secret>@<your public host>/exotel/stream, with a tunnel or proxy to port ${port}.`,
    '                    Through it, everything gets 403 until you add a tenant, which prints that address:',
    '                    ./turnlog tenants add <name>',
  ].join('\n');
}
