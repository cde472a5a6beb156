import { serviceMain } from '@turnlog/service-kit';
import { configSchema } from './config.ts';
import { startReconciler } from './service.ts';

await serviceMain({ name: 'reconciler', settings: configSchema, start: startReconciler });
