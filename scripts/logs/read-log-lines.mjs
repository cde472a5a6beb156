// Which lines the services and packages log, read from the source: event, levels, messages and fields.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { isTestFile, readImports } from '../structure/read-imports.mjs';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/**
 * The log lines of all product code below `root`: `{ event, levels, messages, fields, place, file }`. `event` is
 * undefined where the first argument names none. `fields` lists the fields that stand at the call itself.
 */
export function readLogLines(root) {
  const files = [...readImports(root).keys()].filter(
    (file) => /^(packages|services)\//.test(file) && !isTestFile(file),
  );
  return files.flatMap((file) => linesOf(file, readFileSync(path.join(root, file), 'utf8')));
}

function linesOf(file, text) {
  if (!/logger/i.test(text)) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const place = file.split('/')[1];
  const lines = [];
  const tables = tablesIn(source);
  for (const [event, { level, messages }] of tables)
    lines.push({ event, levels: [level], messages, fields: [], place, file });
  const visit = (node) => {
    for (const event of ts.isCallExpression(node) ? eventsOf(node, tables) : []) {
      const [, fields, level] = node.arguments;
      const levels = level === undefined ? [] : levelsIn(level);
      lines.push({ event, levels, messages: [], fields: fieldsOf(fields), place, file });
    }
    const levels = ts.isCallExpression(node) ? levelsOf(node.expression) : [];
    // `{ event }` alone is where the lines of tables are written.
    if (levels.length > 0 && !isShorthand(node.arguments[0]))
      lines.push({ ...partsOf(node.arguments), levels, place, file });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return lines;
}

/** The events of a file's tables `const EVENTS = { event: [level, message] } as const`. */
function tablesIn(source) {
  const tables = new Map();
  const visit = (node) => {
    const isTable = ts.isVariableDeclaration(node) && /(^|_)EVENTS$/.test(node.name.getText(source));
    if (isTable && ts.isAsExpression(node.initializer)) addRows(node.initializer.expression.properties);
    else ts.forEachChild(node, visit);
  };
  const addRows = (rows) => {
    for (const { name, initializer } of rows) {
      const [level, message] = initializer.elements;
      tables.set(name.getText(source), { level: level.text, messages: messagesOf(message) });
    }
  };
  visit(source);
  return tables;
}

/** The events that `log('event', …)` can log, if a table of its file has them. */
function eventsOf({ expression, arguments: [event] }, tables) {
  const isLog = /(^|[.#\s)])\w*log\b(\(.*\))?$/is.test(expression.getText());
  return isLog && event ? textsIn(event).filter((name) => tables.has(name)) : [];
}

/** The levels that a called expression logs at: `logger.warn`, or `logger[isNew ? 'warn' : 'debug']`. */
function levelsOf(callee) {
  if (!ts.isPropertyAccessExpression(callee) && !ts.isElementAccessExpression(callee)) return [];
  if (!/logger$/i.test(callee.expression.getText())) return [];
  if (ts.isPropertyAccessExpression(callee))
    return LEVELS.includes(callee.name.text) ? [callee.name.text] : [];
  return levelsIn(callee.argumentExpression);
}

function levelsIn(node) {
  const named = textsIn(node).filter((word) => LEVELS.includes(word));
  return named.length > 0 ? named : ['by severity'];
}

function partsOf([fields, message]) {
  const properties = fields && ts.isObjectLiteralExpression(fields) ? [...fields.properties] : [];
  const event = properties.find((property) => property.name?.getText() === 'event');
  return {
    event: event && ts.isStringLiteral(event.initializer) ? event.initializer.text : undefined,
    messages: message === undefined ? [] : messagesOf(message),
    fields: fieldsOf(fields).filter((name) => name !== 'event'),
  };
}

function isShorthand(fields) {
  return fields !== undefined && /^\{ event, /.test(fields.getText());
}

function fieldsOf(node) {
  if (node === undefined) return [];
  if (!ts.isObjectLiteralExpression(node)) return ['…'];
  return node.properties.map((property) => (ts.isSpreadAssignment(property) ? '…' : property.name.getText()));
}

/** The texts that a message can have. What is filled in stands as `…`. */
function messagesOf(node) {
  if (ts.isTemplateExpression(node))
    return [node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')];
  const texts = textsIn(node);
  return texts.length > 0 ? texts : ['…'];
}

function textsIn(node) {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap(textsIn);
  return [];
}
