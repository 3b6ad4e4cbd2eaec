export { PAGE_TABLE_BYTES, startLongMode, startRealMode } from './cpu-mode';
export { eventually } from './eventually';
export { type DefineTest, itIf } from './it-if';
export { machineCode } from './machine-code';
export { TEST_CODE_ADDRESS, TestGuest, type TestGuestOptions } from './test-guest';
export { virtualization, type Virtualization } from './virtualization';
