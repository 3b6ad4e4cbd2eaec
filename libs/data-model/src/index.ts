export type {
  Accessor,
  Cursor,
  ElementsOf,
  FieldAccess,
  Init,
  ScalarElements,
  StructInit,
} from './accessor';
export {
  alignDown,
  alignUp,
  fits,
  type GuestAddress,
  type HostAddress,
  isAligned,
  PAGE_SIZE,
  TWO_POW_32,
} from './address';
export {
  addr64,
  type AggregateType,
  array,
  type ArrayType,
  be32,
  be64,
  bytes,
  type BytesType,
  type FieldType,
  flexible,
  type FlexibleType,
  i16,
  i32,
  i64,
  i8,
  type ScalarKind,
  type ScalarType,
  u16,
  u32,
  u64,
  u8,
} from './field';
export { io, ior, type Ioctl, type IoctlArgument, iow, iowr } from './ioctl';
export { SharedMutex } from './mutex';
export { SharedCounters } from './shared-counters';
export { type Allocated, type Layout, struct, type StructOptions, union } from './struct';
