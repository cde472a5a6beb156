/** An account of Exotel's API. */
export interface ExotelAccount {
  /** `https://api.in.exotel.com` (Mumbai) or `https://api.exotel.com` (Singapore). */
  readonly apiUrl: string;
  readonly accountSid: string;
  readonly apiKey: string;
  readonly apiToken: string;
  /** The zone of its times, which have none. */
  readonly utcOffsetMinutes: number;
  /** How long an answer may take. */
  readonly timeoutMs: number;
}
