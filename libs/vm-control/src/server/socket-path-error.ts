/** A socket cannot be made where it was asked for. */
export class SocketPathError extends Error {
  override readonly name = 'SocketPathError';
  /** What the user can do about it, one sentence. */
  readonly hint: string | undefined;

  constructor(message: string, options: { readonly hint?: string } = {}) {
    super(message);
    this.hint = options.hint;
  }
}
