export { startLocalStack, type LocalStack } from './local-stack.ts';
export { type LocalStackOptions } from './local-stack-options.ts';
export { type LocalService } from './processes/supervised-service.ts';
export { type ServiceKind } from './service-plan.ts';
