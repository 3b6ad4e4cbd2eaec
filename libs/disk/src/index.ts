export type { Disk } from './disk';
export { RawDisk, type RawDiskOptions } from './raw-disk';
export { MORE, Transfer } from './transfer';
