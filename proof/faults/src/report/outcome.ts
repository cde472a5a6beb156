import { type Violation } from '../oracle/violation.ts';
import { type Scenario } from '../scenarios/scenario.ts';

/** The result of one run of a scenario. */
export interface Outcome {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly ok: boolean;
  readonly violations: readonly Violation[];
  readonly calls: number;
  /** Events that Turnlog acknowledged. */
  readonly acknowledged: number;
  /** Events that were sent and never answered: they may be in the record or not. */
  readonly unknown: number;
  /** How often an event was resent. */
  readonly resent: number;
  /** Acknowledged events that are not in the record. */
  readonly lost: number;
  /** The longest time from the end of a fault until a new call was accepted, folded and recorded. */
  readonly recoverySeconds: number | undefined;
  /** The longest time until readers continued, if they do so long before anything can be written. */
  readonly readersSeconds: number | undefined;
  readonly notes: Readonly<Record<string, number | string>>;
  readonly seconds: number;
  /** The folder of the journal and the services' logs; kept if the run failed. */
  readonly folder: string;
}
