export { type Found, type Kind } from './find/found.ts';
export { type Json, type NumberInDigits, type RedactedJson, redactJson } from './redact/redact-json.ts';
export { redactBeginning, type RedactedText, type RedactionMode, redactText } from './redact/redact-text.ts';
export { redactWords } from './redact/redact-words.ts';
