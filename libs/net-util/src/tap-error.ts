import { SysError } from '@crosvm/sys-util';

/** What is wrong with a TAP interface. Stable: callers may branch on it. */
export type TapErrorCode =
  /** There is no /dev/net/tun. */
  | 'NO_TUN'
  | 'NO_PERMISSION'
  /** The name is none that an interface can have. */
  | 'BAD_NAME'
  /** There is no interface of this name. */
  | 'NOT_FOUND'
  /** The interface, or the descriptor, is something else. */
  | 'NOT_A_TAP'
  /** Somebody else uses it, or has the name. */
  | 'BUSY'
  /** It was made without what is needed: several queues, a header before each frame. */
  | 'UNSUITABLE'
  /** The kernel does not take a value. */
  | 'BAD_VALUE'
  /** Anything else; the system's error is the `cause`. */
  | 'FAILED';

/** A TAP interface that cannot be used; `hint`, if there is one, says what to do about it. */
export class TapError extends Error {
  override readonly name = 'TapError';
  /** The remedy, as one sentence for the user. */
  readonly hint: string | undefined;

  constructor(
    readonly code: TapErrorCode,
    message: string,
    options: ErrorOptions & { readonly hint?: string } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.hint = options.hint;
  }
}

const ASK_ADMINISTRATOR =
  'run as root, with CAP_NET_ADMIN, or have the administrator make an interface for you: ' +
  'sudo ip tuntap add mode tap user $USER name tap0';

/** The error to throw where /dev/net/tun cannot be opened. */
export function openTunError(path: string, cause: unknown): unknown {
  switch (cause instanceof SysError ? cause.code : undefined) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENODEV':
    case 'ENXIO':
      return new TapError('NO_TUN', `there is no ${path}`, {
        hint: 'load the module: sudo modprobe tun',
        cause,
      });
    case 'EACCES':
    case 'EPERM':
      return new TapError('NO_PERMISSION', `no permission to use ${path}`, {
        hint: ASK_ADMINISTRATOR,
        cause,
      });
    default:
      return new TapError('FAILED', `cannot open ${path}`, { cause });
  }
}

/** The error to throw where an interface cannot be made, or a queue attached to it. */
export function attachError(name: string, queues: number, cause: unknown): unknown {
  const tap = `TAP interface '${name}'`;
  switch (cause instanceof SysError ? cause.code : undefined) {
    case 'EPERM':
      return new TapError('NO_PERMISSION', `no permission to make or use ${tap}`, {
        hint: ASK_ADMINISTRATOR,
        cause,
      });
    case 'EBUSY':
      return new TapError('BUSY', `${tap} is in use by another program, or exists already`, {
        cause,
      });
    case 'E2BIG':
      return new TapError('UNSUITABLE', `${tap} cannot have ${queues} more queues`, { cause });
    case 'EINVAL':
      return queues > 1
        ? new TapError('UNSUITABLE', `'${name}' is no TAP interface with several queues`, {
            hint: `make it with them: sudo ip tuntap add mode tap multi_queue user $USER name ${name}`,
            cause,
          })
        : new TapError('NOT_A_TAP', `'${name}' is no TAP interface`, { cause });
    default:
      return new TapError('FAILED', `cannot make or use ${tap}`, { cause });
  }
}

/** The error to throw where something about an interface cannot be set. */
export function configureError(name: string, what: string, cause: unknown): unknown {
  const message = `cannot set ${what} of interface '${name}'`;
  switch (cause instanceof SysError ? cause.code : undefined) {
    case 'EPERM':
      return new TapError('NO_PERMISSION', `no permission to set ${what} of interface '${name}'`, {
        hint: 'run as root, or with CAP_NET_ADMIN',
        cause,
      });
    case 'ENODEV':
      return new TapError('NOT_FOUND', `there is no interface '${name}'`, { cause });
    case 'EINVAL':
    case 'EADDRNOTAVAIL':
      return new TapError('BAD_VALUE', message, { cause });
    case 'EBUSY':
      return new TapError('BUSY', message, { cause });
    default:
      return new TapError('FAILED', message, { cause });
  }
}
