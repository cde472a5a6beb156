import { type Violation } from '../oracle/violation.ts';
import { type Scenario } from '../scenarios/scenario.ts';

/** What came of one run of a scenario. */
export interface Outcome {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly ok: boolean;
  readonly violations: readonly Violation[];
  readonly calls: number;
  /** Events that Turnlog said are safe. */
  readonly acknowledged: number;
  /** Events that were sent and never answered: they may be in the record or not. */
  readonly unknown: number;
  /** How often an event was sent once more. */
  readonly resent: number;
  /** Acknowledged events that are not in the record. */
  readonly lost: number;
  /** The longest time from the end of a fault until a new call was taken, folded and recorded. */
  readonly recoverySeconds: number | undefined;
  /** The longest time until those who read went on: where they do so long before anything can be written. */
  readonly readersSeconds: number | undefined;
  readonly notes: Readonly<Record<string, number | string>>;
  readonly seconds: number;
  /** Holds the ledger and the services' logs; kept when the run has failed. */
  readonly folder: string;
}
