export {
  type ChainBuffer,
  MockDriver,
  type MockDriverOptions,
  type RawDescriptor,
  type UsedEntry,
} from './mock-driver';
