import { serviceMain } from '@turnlog/service-kit';
import { gatewayEnv } from './config.ts';
import { startGateway } from './service.ts';

await serviceMain({ name: 'stream-gateway', settings: gatewayEnv, start: startGateway });
