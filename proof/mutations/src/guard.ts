/** A line of the real code that a promise stands on, and the test that must go red without it. */
export interface Guard {
  readonly name: string;
  /** What can go wrong without it. */
  readonly keeps: string;
  /** In which file, by the path from the root of the tree. */
  readonly file: string;
  /** The text that is the guard: it must be there once, to the letter. */
  readonly text: string;
  /** What stands in its place when it is taken away. */
  readonly without: string;
  readonly test: NamedTest;
}

/** A test, by its file and its full name: titles of its `describe`s and its own, with a space between. */
export interface NamedTest {
  readonly file: string;
  readonly name: string;
}
