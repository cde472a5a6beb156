/** A broken promise of Turnlog in a run. */
export class Violations {
  readonly found: string[] = [];

  add(what: string): void {
    if (!this.found.includes(what)) this.found.push(what);
  }
}
