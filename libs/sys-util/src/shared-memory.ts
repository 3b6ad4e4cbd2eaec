import {
  F_ADD_SEALS,
  F_GET_SEALS,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
} from './abi/files';
import { libc } from './ffi/libc';
import { accessMode, fileSize } from './files';
import { type FileMapping, Mapping } from './mapping';
import { OwnedFd } from './owned-fd';
import { check } from './sys-error';

/** Memory that several processes can map: a memfd of a fixed size. */
export class SharedMemory implements Disposable {
  private constructor(
    readonly fd: OwnedFd,
    /** Bytes. */
    readonly size: number,
  ) {}

  /**
   * Makes zeroed memory. Its size is sealed: no holder of the descriptor can shrink it under the
   * others, who would be killed by SIGBUS.
   * @param name shown in `/proc/<pid>/maps`
   * @throws SysError EMFILE, ENOMEM, EINVAL
   */
  static create(name: string, size: number): SharedMemory {
    const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    const fd = OwnedFd.adopt(check('memfd_create', libc.memfd_create(name, flags)));
    try {
      check('ftruncate', libc.ftruncate(fd.raw, size));
      const seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
      check('fcntl(F_ADD_SEALS)', libc.fcntl(fd.raw, F_ADD_SEALS, seals));
    } catch (error) {
      fd.close();
      throw error;
    }
    return new SharedMemory(fd, size);
  }

  /** Memory whose descriptor came from elsewhere; takes ownership of it. */
  static adopt(fd: OwnedFd, size: number): SharedMemory {
    return new SharedMemory(fd, size);
  }

  /**
   * Maps all of it, or the part named.
   * @throws SysError ENOMEM, EINVAL
   */
  map(part: Partial<FileMapping> = {}): Mapping {
    return Mapping.ofFd(this.fd.raw, { size: this.size, ...part });
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }
}

/** Memory of somebody else's, as it can be mapped. */
export interface SealedMemory {
  /** Bytes, of which there will never be fewer. */
  readonly size: number;
  readonly readOnly: boolean;
}

/** Seals memory against shrinking; false if it cannot be, or is no memory. */
export function sealSize(fd: number): boolean {
  return libc.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) === 0;
}

/**
 * What a descriptor from elsewhere is if it is shared memory whose size is sealed against shrinking, so that
 * who maps it is safe from SIGBUS; undefined if it is anything else.
 */
export function sealedMemory(fd: number): SealedMemory | undefined {
  const seals = libc.fcntl(fd, F_GET_SEALS, 0);
  if (seals < 0 || (seals & F_SEAL_SHRINK) === 0) {
    return undefined;
  }
  const { reads, writes } = accessMode(fd);
  const readOnly = !writes || (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0;
  return reads ? { size: fileSize(fd), readOnly } : undefined;
}
