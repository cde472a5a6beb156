/** What a run did that Turnlog promises never to do. */
export class Violations {
  readonly found: string[] = [];

  add(what: string): void {
    if (!this.found.includes(what)) this.found.push(what);
  }
}
