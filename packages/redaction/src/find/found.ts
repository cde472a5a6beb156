/** The kinds of finds. */
export type Kind = 'card' | 'aadhaar' | 'pan' | 'phone' | 'email';

/** A find: where it begins in a text, and where it has ended. */
export interface Found {
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
  /** Its digits, if it is a number. */
  readonly digits?: string;
}
