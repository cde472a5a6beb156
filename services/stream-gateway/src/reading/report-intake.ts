import { type RedactionMode } from '@turnlog/redaction';
import { type ReportRates } from '../domain/report-rates.ts';
import { type ReportReader } from './report-reader.ts';

/** How the gateway accepts reports, over HTTP and from agents' sockets alike. */
export interface ReportIntake {
  /** The size of the largest message. */
  readonly maxEventBytes: number;
  readonly rates: ReportRates;
  readonly reader: ReportReader;
  /** How personal data in reports to a tenant is redacted. It may change during a call. */
  readonly redactionOf: (tenant: string) => RedactionMode;
  /** Whether a tenant has sent as many bytes as it may. */
  readonly isTenantFull: (tenant: string) => boolean;
}
