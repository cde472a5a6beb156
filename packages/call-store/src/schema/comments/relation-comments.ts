/** What a table or view is, and what its columns mean, by their names. */
export type RelationComments = Readonly<
  Record<string, { readonly comment: string; readonly columns: Readonly<Record<string, string>> }>
>;
