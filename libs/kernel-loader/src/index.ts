export { checkCommandLineLength, COMMAND_LINE_SIZE, KernelCommandLine } from './command-line';
export { type ImageFormat, identify } from './identify';
export { bytesSource, type Copy, fileSource, type ImageSource } from './image-source';
export { KernelError, type KernelErrorCode } from './kernel-error';
export { loadInitrd, type LoadedInitrd } from './load-initrd';
export { type LoadedKernel, loadKernel } from './load-kernel';
export type { KernelKind } from './load-plan';
export {
  BOOT_FLAG,
  HDRS,
  LOADED_HIGH,
  setup_header,
  SETUP_HEADER_OFFSET,
  type SetupHeader,
  XLF_CAN_BE_LOADED_ABOVE_4G,
  XLF_KERNEL_64,
} from './abi/setup-header';
