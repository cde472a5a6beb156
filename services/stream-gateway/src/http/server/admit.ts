import { type FastifyRequest, type onRequestAsyncHookHandler } from 'fastify';
import { type IncomingMessage } from 'node:http';
import { type Admission } from '../../auth/gatekeeper.ts';
import { send, unread } from '../answers/answer.ts';
import { admissionRefused } from '../answers/refusals.ts';

/** A hook that authenticates a request before its body is read, and sets its tenant and address. */
export function admit(decide: (request: IncomingMessage) => Promise<Admission>): onRequestAsyncHookHandler {
  return async (request: FastifyRequest, reply) => {
    const admission = await decide(request.raw);
    if (!admission.ok) return send(reply, unread(admissionRefused(admission)));
    request.tenant = admission.principal.tenant;
    request.address = admission.address;
    return undefined;
  };
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The authenticated tenant; empty on routes without authentication. */
    tenant: string;
    /** The authenticated client's address, as far as it can be trusted. */
    address: string | undefined;
  }
}
