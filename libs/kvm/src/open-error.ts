import { KVM_API_VERSION } from '@crosvm/kvm-sys';

/** Why KVM cannot be used. */
export type KvmUnavailableCode =
  'KVM_MISSING' | 'KVM_NO_PERMISSION' | 'KVM_NO_SUPPORT' | 'KVM_NOT_KVM' | 'KVM_OLD_API';

/** KVM cannot be used on this machine or by this user; `hint` says what to do about it. */
export class KvmUnavailableError extends Error {
  override readonly name = 'KvmUnavailableError';

  constructor(
    readonly code: KvmUnavailableCode,
    message: string,
    /** The remedy, as one sentence for the user. */
    readonly hint: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const MODULES =
  'enable virtualization in the firmware and load the module (modprobe kvm-intel or kvm-amd); ' +
  'inside a virtual machine or container, it must be passed through from the host';

/** The error to throw where opening `path` failed with `cause`, a Node file system error. */
export function openError(path: string, cause: NodeJS.ErrnoException): Error {
  const options = { cause };
  switch (cause.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new KvmUnavailableError('KVM_MISSING', `there is no ${path}`, MODULES, options);
    case 'EACCES':
    case 'EPERM':
      return new KvmUnavailableError(
        'KVM_NO_PERMISSION',
        `no permission to use ${path}`,
        `add the user to the group that owns it and log in again: sudo usermod -aG kvm $USER`,
        options,
      );
    case 'ENODEV':
    case 'ENXIO':
      return new KvmUnavailableError(
        'KVM_NO_SUPPORT',
        `${path} exists, but there is no KVM behind it`,
        MODULES,
        options,
      );
    default:
      return new Error(`cannot open ${path}`, options);
  }
}

/** The error to throw where `path` is no KVM at all. */
export function notKvmError(path: string, cause: unknown): KvmUnavailableError {
  const hint = 'name the device of KVM, which is /dev/kvm';
  return new KvmUnavailableError('KVM_NOT_KVM', `${path} is not KVM`, hint, { cause });
}

/**
 * Accepts exactly the version that all kernels since 2.6.22 have, as KVM's documentation asks.
 * @throws KvmUnavailableError KVM_OLD_API
 */
export function checkApiVersion(path: string, version: number): void {
  if (version !== KVM_API_VERSION) {
    throw new KvmUnavailableError(
      'KVM_OLD_API',
      `${path} speaks version ${version} of the KVM API, version ${KVM_API_VERSION} is needed`,
      'run a newer kernel on this machine',
    );
  }
}
