export { SYSCALLS_AARCH64 } from './aarch64';
export { syscallConstant, syscallConstants } from './constants/constants';
export type { ConstantTable } from './constants/table';
export {
  currentArch,
  currentSyscalls,
  type SyscallArch,
  syscallName,
  syscallsOf,
  type SyscallTable,
} from './syscalls';
export { SYSCALLS_X86_64 } from './x86-64';
