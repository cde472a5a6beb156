export { toCarrierEvents, type CarrierSource, type ReportOrigin } from './to-carrier-events.ts';
