import type { MethodName, Params, Result } from '../protocol/methods';

/** Does what a method is for. */
export type Handler<Name extends MethodName> = (
  params: Params<Name>,
) => Result<Name> | Promise<Result<Name>>;

/** What serves the methods of the protocol; the server itself knows its version. */
export type Handlers = {
  readonly [Name in Exclude<MethodName, 'version'>]: Handler<Name>;
};

/** Thrown by a handler: what was asked for cannot be done. Whoever asked is told why. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  /** What can be done about it, one sentence. */
  readonly hint: string | undefined;

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.hint = options.hint;
  }
}
