// Exit code 0 if the URL answers with a 2xx status in time. The image has no curl, and needs none.
const [url] = process.argv.slice(2);
const TIMEOUT_MS = 3000;

try {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  console.log(response.status, await response.text());
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  console.error(`${url}: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
