/** The page of the data dictionary, from the tables and views of a database. */
export function dictionaryPage(relations) {
  const tables = relations.filter(({ isView }) => !isView);
  const views = relations.filter(({ isView }) => isView);
  return [
    '# Data dictionary',
    '',
    'Every table, view and column in Postgres, made from the comments in the database by `npm run dictionary`. In',
    '`psql`, `\\d+ call_sessions` shows the same. How to get in, and questions with their answers:',
    '[analyst.md](analyst.md).',
    '',
    '## Tables',
    ...tables.flatMap(section),
    '',
    '## Views',
    ...views.flatMap(section),
    '',
  ].join('\n');
}

function section({ name, isView, comment, columns, indexes }) {
  return [
    '',
    `### ${name}`,
    '',
    comment,
    '',
    '<!-- prettier-ignore-start -->',
    isView ? '| column | type | meaning |' : '| column | type | null | meaning |',
    isView ? '| --- | --- | --- |' : '| --- | --- | --- | --- |',
    ...columns.map((column) => row(column, isView)),
    '<!-- prettier-ignore-end -->',
    ...(indexes.length > 0 ? ['', 'Indexes:', '', ...indexes.map((index) => `- \`${index}\``)] : []),
  ];
}

function row({ name, type, isNullable, comment }, isView) {
  const cells = [`\`${name}\``, shortType(type), ...(isView ? [] : [isNullable ? 'yes' : '']), comment];
  return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
}

function shortType(type) {
  return type.replace('timestamp with time zone', 'timestamptz');
}
