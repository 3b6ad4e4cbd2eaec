export type { Disk } from './disk';
export { ImageError, type ImageErrorCode } from './image-error';
export { createQcow2, type NewQcow2, type Qcow2Content } from './qcow2/create-qcow2';
export { inspectQcow2, type Qcow2Image } from './qcow2/inspect-qcow2';
export { openQcow2, type OpenQcow2Options } from './qcow2/open-qcow2';
export type { Qcow2Disk } from './qcow2/qcow2-disk';
export type { Backing } from './qcow2/run-reader';
export { RawDisk, type RawDiskOptions } from './raw-disk';
export { MORE, Transfer } from './transfer';
