/** A line of the real code that keeps a promise, and the test that must fail without it. */
export interface Guard {
  readonly name: string;
  /** The promise that is broken without it. */
  readonly keeps: string;
  /** Its file, by the path from the root of the tree. */
  readonly file: string;
  /** The exact text of the guard, which occurs once in the file. */
  readonly text: string;
  /** Its replacement when the guard is removed. */
  readonly without: string;
  readonly test: NamedTest;
}

/** A test, by its file and its full name: titles of its `describe`s and its own, separated by spaces. */
export interface NamedTest {
  readonly file: string;
  readonly name: string;
}
