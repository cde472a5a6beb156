/** Who was let in. Whose calls these are is this, whatever a frame or a path claims. */
export interface Principal {
  readonly tenant: string;
  /** The one call that it may stream; any call where it is not said. */
  readonly callSid: string | undefined;
}
