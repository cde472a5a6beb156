import { type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { problem, unread, type Answer } from './answer.ts';

/** Thrown for a body with a `Content-Encoding`, before it is read. */
export class UnsupportedEncodingError extends Error {
  override readonly name = 'UnsupportedEncodingError';
}

/** The answer to a request that does not reach its handler. Undefined if the error is a fault of the gateway. */
export function requestProblem(error: unknown, { routeOptions }: FastifyRequest): Answer | undefined {
  if (error instanceof UnsupportedEncodingError) {
    return unread(problem(415, 'unsupported_encoding', 'send the body without content-encoding'));
  }
  if (error instanceof z.ZodError) return invalidParameter(error);
  const isTooLarge = error instanceof Error && 'code' in error && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE';
  if (!isTooLarge) return undefined;
  const { bodyLimit, config } = routeOptions;
  const message = `the body is larger than ${bodyLimit} bytes; ${config.smallerBody ?? 'send less'}`;
  return unread(problem(413, 'too_large', message));
}

/** `invalid_call_sid` for the parameter `callSid` of a path. */
function invalidParameter({ issues: [issue] }: z.ZodError): Answer {
  const name = String(issue?.path[0]).replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const words = name.replaceAll('_', ' ');
  return problem(400, `invalid_${name}`, `the ${words} in the path is not valid: ${issue?.message}`);
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What to send instead of a body above the route's `bodyLimit`. */
    readonly smallerBody?: string;
  }
}
