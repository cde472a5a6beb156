import { type RedactionMode } from '@turnlog/redaction';
import { type ReportRates } from '../limits/report-rates.ts';
import { type ReportReader } from '../reading/report-reader.ts';

/** How the gateway takes reports, over HTTP and from agents' sockets alike. */
export interface ReportIntake {
  /** The size of the largest message. */
  readonly maxEventBytes: number;
  readonly rates: ReportRates;
  readonly reader: ReportReader;
  /** What becomes of personal data in what agents report to a tenant. */
  readonly redactionOf: (tenant: string) => RedactionMode;
  /** Whether a tenant has brought as many bytes as it may. */
  readonly isTenantFull: (tenant: string) => boolean;
}
