export { EventFd, type EventFdOptions } from './event-fd';
export { bind } from './ffi/bind';

export type {
  CType,
  CTypes,
  Functions,
  Signature,
  SignatureOptions,
  SignatureTable,
} from './ffi/signature';
export {
  GuestMemory,
  GuestMemoryError,
  type GuestMemoryLayout,
  type GuestRegion,
  type MemoryRange,
} from './guest-memory';
export { ioctl, ioctlRaw } from './ioctl';
export { iovec, Iovecs } from './iovecs';
export { type FileMapping, Mapping } from './mapping';
export { OwnedFd } from './owned-fd';
export { SharedMemory } from './shared-memory';
export { check, Errno, retry, SysError } from './sys-error';
export { preadvRaw, pwritevRaw, readRaw, readvRaw, writeRaw, writevRaw } from './raw-io';
