import {
  array,
  custom,
  finite,
  type InferOutput,
  integer,
  literal,
  maxLength,
  nullable,
  number,
  object,
  optional,
  pipe,
  record,
  string,
  union,
  unknown,
} from 'valibot';

/** Most bytes of a request, without the line feed. */
export const MAX_REQUEST = 64 * 1024;

/** Most bytes of an answer, without the line feed. */
export const MAX_ANSWER = 1024 * 1024;

/** Most requests of a batch. */
export const MAX_BATCH = 64;

/** Numbers of errors: those below zero are JSON-RPC's own. */
export const ErrorNumber = {
  /** No JSON. */
  Parse: -32700,
  /** JSON, but no request; too long; too many. */
  InvalidRequest: -32600,
  UnknownMethod: -32601,
  InvalidParams: -32602,
  /** A bug of the VMM. */
  Internal: -32603,
  /** What was asked for cannot be done, now or ever; the message says why. */
  Refused: 1,
  /** Whoever asks may not. */
  NotPermitted: 2,
} as const;

/** One of the values of `ErrorNumber`. */
export type ErrorNumber = (typeof ErrorNumber)[keyof typeof ErrorNumber];

const MAX_ID_LENGTH = 128;
const version = literal('2.0');

/** A request without an id wants no answer. */
const id = union([pipe(string(), maxLength(MAX_ID_LENGTH)), pipe(number(), finite())]);

/** A request, whatever its method. */
export const requestSchema = object({
  jsonrpc: version,
  method: string(),
  params: optional(
    custom<Readonly<Record<string, unknown>>>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      'params must be an object: they are given by name',
    ),
  ),
  id: optional(nullable(id)),
});

const errorObject = object({
  code: pipe(number(), integer()),
  message: string(),
  data: optional(record(string(), unknown())),
});

/** An answer, whatever was asked. */
const responseSchema = union([
  object({ jsonrpc: version, id: nullable(id), error: errorObject }),
  object({ jsonrpc: version, id: nullable(id), result: unknown() }),
]);

/** One answer, or those to a batch. */
export const answerSchema = union([array(responseSchema), responseSchema]);

/** The id of a request. */
export type RequestId = InferOutput<typeof id> | null;

/** An answer. */
export type Response = InferOutput<typeof responseSchema>;

/** What an answer says of an error. */
export type ErrorObject = InferOutput<typeof errorObject>;

/** An answer that tells of an error. */
export function errorResponse(requestId: RequestId, error: ErrorObject): Response {
  return { jsonrpc: '2.0', id: requestId, error };
}
