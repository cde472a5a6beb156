import { type Health, type Lifecycle, type Logger } from '@turnlog/service-kit';
import { type Auth } from './auth/create-auth.ts';
import { type GatewayConfig } from './config.ts';
import { type StreamSockets } from './exotel/stream-sockets.ts';
import { type GatewayContext } from './exotel/call-needs.ts';
import { type GatewayMetrics } from './report/metrics.ts';
import { type GatewayStores } from './store/open-stores.ts';
import { type CallSlots } from './limits/call-slots.ts';

/** What there is once the gateway has been put together. */
export interface GatewayParts {
  readonly config: GatewayConfig;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly stores: GatewayStores;
  readonly context: GatewayContext;
  readonly sockets: StreamSockets;
  readonly metrics: GatewayMetrics;
  readonly health: Health;
  readonly auth: Auth;
  readonly slots: CallSlots;
}
