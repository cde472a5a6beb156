import { z } from 'zod';
import { agentAnswer, eventResult, eventResults } from '../../domain/agent-answer.ts';
import { agentMessage, agentMessages } from '../../domain/agent-message.ts';
import { callbackAnswer, passthru, statusCallback } from '../../domain/callback-messages.ts';
import { streamUrlAnswer } from '../../domain/stream-url-answer.ts';
import { problemBody } from './operation.ts';

/** Nothing could be stored right now; the results name the messages to send again. */
export const unavailableBody = z.object({ ...problemBody.shape, results: eventResults.shape.results });

/** The schemas by their names in the document. */
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
  EndedMessage: agentMessages.ended,
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

const registry = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });

const uri = (id: string): string => `#/components/schemas/${id}`;

/** A schema as JSON Schema, with references to the named ones. */
export function toJsonSchema(schema: z.core.$ZodType): JsonSchema {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const name = registry.get(zodSchema)?.id;
      if (name !== undefined) jsonSchema.$ref = uri(name);
    },
  });
  const text = JSON.stringify(withoutIdentity(json));
  return JSON.parse(text, (_key, value: { $ref?: string } | null) =>
    value?.$ref === undefined ? value : { $ref: value.$ref },
  ) as JsonSchema;
}

/** The named schemas, which the gateway also reads messages with. */
export function openApiSchemas(): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIdentity(schema)]));
}

/** In an OpenAPI document the place of a schema is its identity, and the document has one dialect. */
function withoutIdentity(schema: JsonSchema): JsonSchema {
  const isKept = ([keyword]: readonly [string, unknown]) => !['$schema', '$id', '$defs'].includes(keyword);
  return Object.fromEntries(Object.entries(schema).filter(isKept));
}
