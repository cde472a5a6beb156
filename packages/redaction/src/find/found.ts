/** What is looked for. */
export type Kind = 'card' | 'aadhaar' | 'pan' | 'phone' | 'email';

/** A find: where it begins in a text, and where it has ended. */
export interface Found {
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
  /** Its digits, where it is made of digits. */
  readonly digits?: string;
}
