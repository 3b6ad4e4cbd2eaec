/** A part of a jail that cannot be had. */
export class JailError extends Error {
  override readonly name = 'JailError';

  /**
   * @param message which part, and why
   * @param hint how to get it, where that is known
   */
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/**
 * Does a part of the work of a jail; what it throws is told as the failure of that part.
 * @param hintOf finds out what could be done about it
 */
export function inPart<Result>(
  part: string,
  work: () => Result,
  hintOf?: () => string | undefined,
): Result {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof JailError) {
      throw cause;
    }
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new JailError(`${part}: ${why}`, hintOf?.());
  }
}
