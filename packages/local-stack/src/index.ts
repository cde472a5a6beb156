export { startLocalStack, type LocalStack, type LocalStackOptions } from './local-stack.ts';
export { type LocalService } from './processes/supervised-service.ts';
export { type ServiceKind } from './service-plan.ts';
