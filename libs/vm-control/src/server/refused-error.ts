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
