export { PAGE_TABLE_BYTES, startLongMode, startRealMode } from './cpu-mode';
export { eventually } from './eventually';
export { type DefineTest, itIf } from './it-if';
export { machineCode } from './machine-code';
export { picGuest, PIC_GUEST_HANDLER_PORT, PIC_GUEST_IDLE_PORT, PIC_GUEST_LINE } from './pic-guest';
export { TEST_CODE_ADDRESS, TestGuest, type TestGuestOptions } from './test-guest';
export { virtualization, type Virtualization } from './virtualization';
