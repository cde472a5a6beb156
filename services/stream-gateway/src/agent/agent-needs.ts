import { type Logger } from '@turnlog/service-kit';
import { type ReportIntake } from '../reading/report-intake.ts';
import { type GatewayTally } from '../report/tally.ts';
import { type AgentLoss, type AgentRelaySettings } from './agent-relay.ts';

/** What the agents of all calls share. */
export interface AgentNeeds {
  readonly urlTemplate: string;
  /** The losses of an agent that end its call. */
  readonly hangsUpOn: Readonly<Record<AgentLoss, boolean>>;
  readonly maxEventsPerSecond: number;
  readonly maxBytesPerSecond: number;
  /** Audio for the carrier is dropped while more than this waits for its socket. */
  readonly maxCarrierBufferedBytes: number;
  readonly relay: AgentRelaySettings;
  readonly intake: ReportIntake;
  /** Whether too many events of all calls together wait to be stored. */
  readonly isOverloaded: () => boolean;
  readonly logger: Logger;
  readonly tally: GatewayTally;
}
