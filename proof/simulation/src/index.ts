export { planLongCall } from './plan/plan-long-call.ts';
export { simulatePlan } from './simulate.ts';
