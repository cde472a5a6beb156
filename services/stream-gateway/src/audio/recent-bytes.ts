const SLOTS = 60;

/** How many bytes there were within the last stretch of time, to a sixtieth of it. */
export class RecentBytes {
  readonly #slotMs: number;
  readonly #slots = new Map<number, number>();
  #total = 0;

  constructor(windowMs: number) {
    this.#slotMs = Math.max(1, Math.ceil(windowMs / SLOTS));
  }

  add(bytes: number, nowMs: number): void {
    const slot = this.#slotOf(nowMs);
    this.#slots.set(slot, (this.#slots.get(slot) ?? 0) + bytes);
    this.#total += bytes;
    this.#forget(slot);
  }

  total(nowMs: number): number {
    this.#forget(this.#slotOf(nowMs));
    return this.#total;
  }

  #slotOf(nowMs: number): number {
    return Math.floor(nowMs / this.#slotMs);
  }

  #forget(present: number): void {
    for (const [slot, bytes] of this.#slots) {
      if (slot >= present - SLOTS && slot <= present + SLOTS) continue;
      this.#slots.delete(slot);
      this.#total -= bytes;
    }
  }
}
