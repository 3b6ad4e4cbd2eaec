/** What is wrong with an image. Stable: callers may branch on it. */
export type ImageErrorCode =
  /** It has not the header of this format. */
  | 'NOT_THIS_FORMAT'
  /** It needs something that is not there: a feature, encryption, a size. */
  | 'UNSUPPORTED'
  /** What it says of itself cannot be true. */
  | 'CORRUPT'
  /** It was not closed well, and what it says of itself may be wrong. */
  | 'NEEDS_REPAIR'
  /** It stands on another image, which was not given, or was given to one that does not. */
  | 'BACKING'
  /** The system could not read or write it; its error is the `cause`. */
  | 'IO';

/**
 * An image that cannot be used. The message continues a sentence that begins with the name of the file:
 * "disk 'root.qcow2'" + " " + "is encrypted".
 */
export class ImageError extends Error {
  override readonly name = 'ImageError';

  constructor(
    readonly code: ImageErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
