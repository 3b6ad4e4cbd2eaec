/** A socket cannot be made where it was asked for. */
export class SocketPathError extends Error {
  override readonly name = 'SocketPathError';
  /** What the user can do about it, one sentence. */
  readonly hint: string | undefined;

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.hint = options.hint;
  }
}
