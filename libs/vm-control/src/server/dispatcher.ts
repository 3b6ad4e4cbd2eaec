import { safeParse } from 'valibot';

import { issueText } from '../protocol/issue-text';
import {
  ErrorNumber,
  type ErrorObject,
  errorResponse,
  MAX_BATCH,
  type RequestId,
  requestSchema,
  type Response,
} from '../protocol/messages';
import { isMethod, type MethodName, METHODS } from '../protocol/methods';
import { PROTOCOL_VERSION } from '../protocol/version';
import type { Handlers } from './handlers';
import { RefusedError } from './refused-error';

/** What a dispatcher works with. */
export interface DispatcherOptions {
  readonly handlers: Handlers;
  /** The name and version of the program, for `version`. */
  readonly program: { readonly name: string; readonly version: string };
  /** Hears of what a handler threw that is no `RefusedError`: a bug. */
  readonly onBug: (method: string, error: unknown) => void;
}

/** What a line of a client is answered: nothing if nothing wants an answer. */
export type Answer = Response | readonly Response[] | undefined;

type AnyHandler = (params: unknown) => unknown;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Takes requests apart, has them served, and makes answers of what came of it. Does no input or output. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #handlers: Readonly<Record<MethodName, AnyHandler>>;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const { name, version } = options.program;
    this.#handlers = {
      ...(options.handlers as unknown as Record<MethodName, AnyHandler>),
      version: () => ({
        protocol: PROTOCOL_VERSION,
        program: name,
        version,
        methods: Object.keys(METHODS),
      }),
    };
  }

  /** Serves one line: a request, or a batch of them. Never rejects. */
  async answer(line: Uint8Array): Promise<Answer> {
    let message: unknown;
    try {
      message = JSON.parse(utf8.decode(line));
    } catch {
      return errorResponse(null, { code: ErrorNumber.Parse, message: 'this is no JSON' });
    }
    if (!Array.isArray(message)) {
      return this.#serve(message);
    }
    if (message.length === 0 || message.length > MAX_BATCH) {
      const text = `a batch has 1 to ${MAX_BATCH} requests`;
      return errorResponse(null, { code: ErrorNumber.InvalidRequest, message: text });
    }
    const answers = await Promise.all(message.map((each) => this.#serve(each)));
    const wanted = answers.filter((each) => each !== undefined);
    return wanted.length === 0 ? undefined : wanted;
  }

  async #serve(message: unknown): Promise<Response | undefined> {
    const request = safeParse(requestSchema, message);
    if (!request.success) {
      return errorResponse(null, {
        code: ErrorNumber.InvalidRequest,
        message: `not a JSON-RPC 2.0 request: ${issueText(request.issues)}`,
      });
    }
    const { id, method, params = {} } = request.output;
    const outcome = await this.#call(method, params);
    if (id === undefined) {
      return undefined;
    }
    return 'error' in outcome ? errorResponse(id, outcome.error) : response(id, outcome.result);
  }

  async #call(
    method: string,
    given: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly result: unknown } | { readonly error: ErrorObject }> {
    if (!isMethod(method)) {
      const message = 'there is no such method';
      return { error: { code: ErrorNumber.UnknownMethod, message } };
    }
    const params = safeParse(METHODS[method].params, given);
    if (!params.success) {
      const { issues } = params;
      return { error: { code: ErrorNumber.InvalidParams, message: issueText(issues) } };
    }
    try {
      const handler = this.#handlers[method];
      return { result: await handler(params.output) };
    } catch (error) {
      return { error: this.#errorOf(method, error) };
    }
  }

  #errorOf(method: string, error: unknown): ErrorObject {
    if (error instanceof RefusedError) {
      const { message, hint } = error;
      return {
        code: ErrorNumber.Refused,
        message,
        ...(hint !== undefined && { data: { hint } }),
      };
    }
    this.#options.onBug(method, error);
    return { code: ErrorNumber.Internal, message: 'internal error, which the VM has logged' };
  }
}

function response(id: RequestId, result: unknown): Response {
  return { jsonrpc: '2.0', id, result };
}
