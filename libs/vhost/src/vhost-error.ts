import { SysError } from '@crosvm/sys-util';

/** What is wrong with a vhost device. Stable: callers may branch on it. */
export type VhostErrorCode =
  /** There is no such device: its module is not loaded. */
  | 'MISSING'
  | 'NO_PERMISSION'
  /** It is something else. */
  | 'NOT_VHOST'
  /** Another VM has this address. */
  | 'CID_TAKEN'
  /** No guest can have this address. */
  | 'BAD_CID'
  /** Anything else; the system's error is the `cause`. */
  | 'FAILED';

/** A vhost device that cannot be used; `hint`, if there is one, says what to do about it. */
export class VhostError extends Error {
  override readonly name = 'VhostError';
  /** The remedy, as one sentence for the user. */
  readonly hint: string | undefined;

  constructor(
    readonly code: VhostErrorCode,
    message: string,
    options: ErrorOptions & { readonly hint?: string } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.hint = options.hint;
  }
}

/** The error to throw where the device of `module` cannot be opened at `path`. */
export function openVhostError(path: string, module: string, cause: unknown): VhostError {
  switch (cause instanceof SysError ? cause.code : undefined) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENODEV':
    case 'ENXIO':
      return new VhostError('MISSING', `there is no ${path}`, {
        hint: `load the module: sudo modprobe ${module}`,
        cause,
      });
    case 'EACCES':
    case 'EPERM':
      return new VhostError('NO_PERMISSION', `no permission to use ${path}`, {
        hint: `run as root, or as a user who may read and write it: ls -l ${path}`,
        cause,
      });
    default:
      return new VhostError('FAILED', `cannot open ${path}`, { cause });
  }
}

/** The error to throw where `path` is no vhost device. */
export function notVhostError(path: string, cause: unknown): VhostError {
  return new VhostError('NOT_VHOST', `${path} is no vhost device`, { cause });
}

/** The error to throw where a guest cannot have an address. */
export function cidError(cid: number, cause: unknown): VhostError {
  switch (cause instanceof SysError ? cause.code : undefined) {
    case 'EADDRINUSE':
      return new VhostError('CID_TAKEN', `another VM has the CID ${cid}`, {
        hint: 'choose another one, from 3 on',
        cause,
      });
    case 'EINVAL':
      return new VhostError('BAD_CID', `no guest can have the CID ${cid}`, { cause });
    default:
      return new VhostError('FAILED', `cannot set the CID ${cid}`, { cause });
  }
}
