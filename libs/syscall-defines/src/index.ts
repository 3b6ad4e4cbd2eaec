export { SYSCALLS_AARCH64 } from './aarch64';
export {
  currentArch,
  currentSyscalls,
  type SyscallArch,
  syscallName,
  syscallsOf,
  type SyscallTable,
} from './syscalls';
export { SYSCALLS_X86_64 } from './x86-64';
