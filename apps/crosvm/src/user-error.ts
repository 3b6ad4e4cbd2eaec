/** A mistake of the user, or a host that lacks something: told in one line, without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
  /** What the user can do about it, one sentence; shown on a line of its own. */
  readonly hint: string | undefined;

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.hint = options.hint;
  }
}
