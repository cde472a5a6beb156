// Exit code 0 if the URL answers 200 in time. The image has no curl, and needs none.
import { get } from 'node:http';

const TIMEOUT_MS = 3000;
const [url] = process.argv.slice(2);

const request = get(url, { timeout: TIMEOUT_MS }, (response) => {
  process.exitCode = response.statusCode === 200 ? 0 : 1;
  response.pipe(process.stdout);
});
request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
request.on('error', (error) => {
  console.error(`${url}: ${error.message}`);
  process.exitCode = 1;
});
