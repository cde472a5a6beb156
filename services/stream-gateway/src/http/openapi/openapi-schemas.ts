import { z } from 'zod';
import { agentAnswer, eventResult, eventResults } from '../../domain/agent-answer.ts';
import { agentMessage, agentMessages } from '../../domain/agent-message.ts';
import { callbackAnswer, passthru, statusCallback } from '../../domain/callback-messages.ts';
import { streamUrlAnswer } from '../../domain/stream-url-answer.ts';

/** What goes wrong before, or with, all messages of a request. */
const problemBody = z.object({
  error: z.object({ code: z.string(), message: z.string() }),
});

/** Nothing could be stored right now: what is to be sent again, message by message. */
const unavailableBody = z.object({ ...problemBody.shape, results: eventResults.shape.results });

/** The schemas by the names that the document gives them. */
const NAMED = {
  AgentMessage: agentMessage,
  TurnMessage: agentMessages.turn,
  CollectMessage: agentMessages.collect,
  StageMessage: agentMessages.stage,
  ObjectionMessage: agentMessages.objection,
  OutcomeMessage: agentMessages.outcome,
  ToolMessage: agentMessages.tool,
  SpeakingMessage: agentMessages.speaking,
  ConsentMessage: agentMessages.consent,
  EventResult: eventResult,
  EventResults: eventResults,
  SocketAnswer: agentAnswer,
  StreamUrl: streamUrlAnswer,
  StatusCallback: statusCallback,
  Passthru: passthru,
  CallbackAnswer: callbackAnswer,
  Problem: problemBody,
  Unavailable: unavailableBody,
};

/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A reference to one of the schemas. */
export function schemaRef(name: keyof typeof NAMED): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** The schemas of messages and answers as JSON Schema, made of the very ones that the gateway reads messages with. */
export function openApiSchemas(): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIdentity(schema)]));
}

/** In an OpenAPI document a schema's place says which one it is, and the document which dialect it is in. */
function withoutIdentity(schema: JsonSchema): JsonSchema {
  const isKept = ([keyword]: readonly [string, unknown]) => keyword !== '$schema' && keyword !== '$id';
  return Object.fromEntries(Object.entries(schema).filter(isKept));
}
