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
  const visit = (node) => {
    const levels = ts.isCallExpression(node) ? levelsOf(node.expression) : [];
    if (levels.length > 0) lines.push({ ...partsOf(node.arguments), levels, place, file });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return lines;
}

/** The levels that a called expression logs at: `logger.warn`, or `logger[isNew ? 'warn' : 'debug']`. */
function levelsOf(callee) {
  if (!ts.isPropertyAccessExpression(callee) && !ts.isElementAccessExpression(callee)) return [];
  if (!/logger$/i.test(callee.expression.getText())) return [];
  if (ts.isPropertyAccessExpression(callee))
    return LEVELS.includes(callee.name.text) ? [callee.name.text] : [];
  const named = textsIn(callee.argumentExpression).filter((word) => LEVELS.includes(word));
  return named.length > 0 ? named : ['by severity'];
}

function partsOf([fields, message]) {
  const properties = fields && ts.isObjectLiteralExpression(fields) ? [...fields.properties] : [];
  const event = properties.find((property) => property.name?.getText() === 'event');
  return {
    event: event && ts.isStringLiteral(event.initializer) ? event.initializer.text : undefined,
    messages: message === undefined ? [] : messagesOf(message),
    fields: properties
      .filter((property) => property !== event)
      .map((property) => (ts.isSpreadAssignment(property) ? '…' : property.name.getText())),
  };
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
