export { type Found, type Kind } from './find/found.ts';
export { type RedactionMode } from './redact/mode.ts';
export { redactBeginning } from './redact/redact-beginning.ts';
export { type Json, type NumberInDigits, type RedactedJson, redactJson } from './redact/redact-json.ts';
export { type RedactedText, redactText } from './redact/redact-text.ts';
export { redactWords } from './redact/redact-words.ts';
