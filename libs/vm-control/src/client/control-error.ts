/** What can come of a call, besides an answer. */
export type ControlErrorCode =
  /** There is no such file. */
  | 'NO_SOCKET'
  /** Nobody listens there: the VM has ended, or it is no socket. */
  | 'NOT_LISTENING'
  /** This user may not control that VM. */
  | 'NOT_PERMITTED'
  /** There was no answer in time; what was asked for may be done yet. */
  | 'TIMEOUT'
  /** The connection ended before the answer came. */
  | 'CLOSED'
  /** The VM cannot do that, now or ever. */
  | 'REFUSED'
  /** What was asked for is not known to it, or not in that form. */
  | 'NOT_UNDERSTOOD'
  /** The VMM has a bug: it says so, or says what makes no sense. */
  | 'INTERNAL'
  /** It speaks another version of the protocol. */
  | 'INCOMPATIBLE';

/** A call that failed. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  /** What can be done about it, one sentence. */
  readonly hint: string | undefined;

  constructor(
    readonly code: ControlErrorCode,
    message: string,
    options: { readonly hint?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.hint = options.hint;
  }
}
