import { type Appender } from '@turnlog/call-log';
import { type Logger } from '@turnlog/service-kit';
import { openSpoolFolders, Spool, type Leftover, type SpoolObserver } from '@turnlog/spool';
import { SpoolOutbox, type OutboxObserver } from '../by-id/spool-outbox.ts';
import { type ProducerSpool } from '../delivery-options.ts';
import { SpoolRoom } from './spool-room.ts';

const OUTBOX_BACKOFF = { minMs: 50, maxMs: 2_000 };

/** The spool of a gateway, for each of its users. */
export interface GatewaySpool {
  readonly spool: Spool;
  readonly afterMs: number;
  readonly leftovers: readonly Leftover[];
  /** Takes over the spools of gateways on the same disk that have died since. */
  takeOver(): Promise<Leftover[]>;
  readonly forProducers: ProducerSpool;
  readonly forReports: ProducerSpool;
  /** Delivers events that have no producer: those that came over HTTP, and those of a dead gateway. */
  createOutbox(appender: Appender, observer: OutboxObserver): SpoolOutbox;
  close(): Promise<void>;
}

/** What {@link openGatewaySpool} needs. */
export interface GatewaySpoolOptions {
  /** The folder of all gateways that share a disk. */
  readonly root: string;
  readonly instance: string;
  readonly maxBytes: number;
  /** The most that is taken of one call. */
  readonly maxCallBytes: number;
  readonly afterMs: number;
  readonly logger: Logger;
}

/** Opens the spool; throws when its folder can't be used or belongs to a running gateway. */
export async function openGatewaySpool(options: GatewaySpoolOptions): Promise<GatewaySpool> {
  const { root, instance, maxBytes, maxCallBytes, afterMs, logger } = options;
  const folders = await openSpoolFolders(root, instance);
  const { disk, firstNumber, leftovers } = folders;
  const spool = new Spool({ disk, maxBytes, firstNumber, observer: observe(logger) });
  const room = new SpoolRoom(maxCallBytes);
  return {
    spool,
    afterMs,
    leftovers,
    takeOver: () => folders.takeOver(),
    forProducers: { afterMs, store: room.bound((events) => spool.store(events, 'ordered')) },
    forReports: { afterMs, store: room.bound((events) => spool.store(events, 'unordered')) },
    createOutbox: (appender, observer) => new SpoolOutbox(appender, OUTBOX_BACKOFF, observer),
    close: async () => {
      await spool.close();
      await folders.close();
    },
  };
}

function observe(logger: Logger): SpoolObserver {
  return {
    onProblem: (problem, err) => {
      logger.error(
        { event: 'spool_unavailable', problem, err },
        problem === 'full'
          ? 'the spool is full; new calls are refused until Redis accepts events again'
          : 'the spool cannot be written; new calls are refused until it can',
      );
    },
    onRecovered: () => logger.info({ event: 'spool_recovered' }, 'the spool accepts events again'),
    onNotRemoved: (err) =>
      logger.warn({ event: 'spool_file_not_removed', err }, 'a spool file could not be closed or removed'),
  };
}
