import { type Rng } from '@turnlog/test-kit';

/** The faults of one request. */
export type RequestFault =
  /** It never reaches the server, and the connection breaks. */
  | 'lost'
  /** It takes effect, and the connection breaks before the answer. */
  | 'unanswered'
  /** It takes effect twice. */
  | 'twice'
  /** It reaches the server only after its sender has given up. */
  | 'late'
  /** Its answer takes longer than its sender waits. */
  | 'answered_late'
  /** Its process dies: before it is sent, when it is sent, or when it has taken effect. */
  | 'crash_before'
  | 'crash_sent'
  | 'crash_after';

/** How often requests have faults. */
export interface RequestFaultRates {
  /** The share of requests with a fault. */
  readonly trouble: number;
  /** The share of requests at which their process dies. */
  readonly crash: number;
  /** The share of requests that take seconds instead of milliseconds. */
  readonly slow: number;
}

const TROUBLES = ['lost', 'unanswered', 'twice', 'late', 'answered_late'] as const;
const CRASHES = ['crash_before', 'crash_sent', 'crash_after'] as const;

/** The faults that a kind of request can have: a client does not repeat a read that delivers entries. */
export type RequestKind = 'command' | 'read';
const READ_TROUBLES = ['lost', 'unanswered', 'answered_late'] as const;

/** Decides the faults of each request, until it is made quiet. */
export class RequestFaults {
  readonly #rng: Rng;
  readonly #rates: RequestFaultRates;
  #isQuiet = false;

  constructor(rng: Rng, rates: RequestFaultRates) {
    this.#rng = rng;
    this.#rates = rates;
  }

  quieten(): void {
    this.#isQuiet = true;
  }

  draw(kind: RequestKind): RequestFault | undefined {
    if (this.#isQuiet) return undefined;
    const drawn = this.#rng.next();
    const { trouble, crash } = this.#rates;
    if (drawn < crash) return this.#rng.pick(CRASHES);
    if (drawn < crash + trouble) return this.#rng.pick(kind === 'read' ? READ_TROUBLES : TROUBLES);
    return undefined;
  }

  /** How long after its sender gave up a late request arrives, in milliseconds. */
  latenessMs(): number {
    return this.#rng.int(100, 6_000);
  }

  /** The latency of one direction, in milliseconds. */
  latencyMs(): number {
    const drawn = this.#rng.next();
    const isSlow = !this.#isQuiet && drawn < this.#rates.slow;
    return isSlow ? 50 + drawn * (4_000 / this.#rates.slow) : 0.2 + drawn * 2;
  }
}
