/** What went wrong with a virtual machine. Stable: callers may branch on it. */
export type VirtualMachineErrorCode =
  /** The configuration is none; `crosvm run` would say the same. */
  | 'BAD_CONFIG'
  /** It did not start. */
  | 'START_FAILED'
  /** It was started before, or not yet, or has ended. */
  | 'WRONG_STATE'
  /** It could not be controlled; `cause` has more. */
  | 'CONTROL_FAILED'
  /** The console ended, or too much came, before what was expected. */
  | 'NOT_SEEN'
  /** It took too long. */
  | 'TIMEOUT';

/** An error of a virtual machine. */
export class VirtualMachineError extends Error {
  override readonly name: string = 'VirtualMachineError';
  /** What can be done about it, one sentence. */
  readonly hint: string | undefined;

  constructor(
    readonly code: VirtualMachineErrorCode,
    message: string,
    options: { readonly hint?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.hint = options.hint;
  }
}

/** A configuration that `crosvm run` would refuse. */
export class ConfigError extends VirtualMachineError {
  override readonly name = 'ConfigError';

  constructor(message: string, hint?: string) {
    super('BAD_CONFIG', message, { hint });
  }
}

/** A virtual machine that did not start. */
export class StartError extends VirtualMachineError {
  override readonly name = 'StartError';

  constructor(message: string, hint?: string) {
    super('START_FAILED', message, { hint });
  }
}

/** Something that was to be done with a virtual machine and was not. */
export class ControlFailedError extends VirtualMachineError {
  override readonly name = 'ControlFailedError';

  constructor(cause: unknown) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const { hint } = cause as { readonly hint?: unknown };
    super('CONTROL_FAILED', message, { cause, hint: typeof hint === 'string' ? hint : undefined });
  }
}

/** Output of a guest that did not come. */
export class ExpectError extends VirtualMachineError {
  override readonly name = 'ExpectError';

  constructor(
    code: 'NOT_SEEN' | 'TIMEOUT',
    message: string,
    /** What came instead. */
    readonly seen: string,
  ) {
    super(code, message);
  }
}
