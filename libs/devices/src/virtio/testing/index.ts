export {
  type ChainBuffer,
  MockDriver,
  type MockDriverOptions,
  type RawDescriptor,
  type UsedEntry,
} from './mock-driver';
export { measureQueue, type QueueMeasurement } from './queue-benchmark';
