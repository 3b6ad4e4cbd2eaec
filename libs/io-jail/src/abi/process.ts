/** Namespaces for unshare(2). Source: linux/sched.h. */
export const CLONE_NEWNS = 0x00020000;
export const CLONE_NEWCGROUP = 0x02000000;
export const CLONE_NEWUTS = 0x04000000;
export const CLONE_NEWIPC = 0x08000000;
export const CLONE_NEWUSER = 0x10000000;
export const CLONE_NEWPID = 0x20000000;
export const CLONE_NEWNET = 0x40000000;

/** Options of prctl(2). Source: linux/prctl.h. */
export const PR_GET_DUMPABLE = 3;
export const PR_SET_DUMPABLE = 4;
export const PR_CAPBSET_READ = 23;
export const PR_CAPBSET_DROP = 24;
export const PR_SET_CHILD_SUBREAPER = 36;
export const PR_SET_NO_NEW_PRIVS = 38;
export const PR_GET_NO_NEW_PRIVS = 39;
export const PR_CAP_AMBIENT = 47;
export const PR_CAP_AMBIENT_CLEAR_ALL = 4;

/** Capability sets, for capget(2) and capset(2). Source: linux/capability.h. */
export const _LINUX_CAPABILITY_VERSION_3 = 0x20080522;

/** How a child ended, and which to wait for. Source: wait.h, linux/wait.h, asm-generic/siginfo.h. */
export const P_ALL = 0;
export const P_PID = 1;
export const WNOHANG = 1;
export const WSTOPPED = 2;
export const WEXITED = 4;
export const WNOWAIT = 0x01000000;
export const CLD_EXITED = 1;
export const CLD_KILLED = 2;
export const CLD_DUMPED = 3;

/** Resources for prlimit(2). Source: asm-generic/resource.h. */
export const RLIMIT_FSIZE = 1;
export const RLIMIT_CORE = 4;
export const RLIMIT_NOFILE = 7;

/** Advice about memory and fork. Source: asm-generic/mman-common.h. */
export const MADV_DONTFORK = 10;
export const MADV_DOFORK = 11;
export const PROT_READ = 1;
export const PROT_EXEC = 4;
