export { compileFilter, type CompileOptions, type Violation } from './bpf/compile-filter';
export { disassemble } from './bpf/disassemble';
export type { AddressRange } from './bpf/executable-range';
export { FilterError } from './bpf/instruction';
export { runFilter, type SeccompData } from './bpf/run-filter';
export { AUDIT_ARCH, decodeAction, SECCOMP_RET, type SeccompAction } from './bpf/seccomp';
export {
  decide,
  type Decision,
  describeRules,
  matchRule,
  type RuleDescription,
  type SystemCall,
} from './policy/decide';
export { loadPolicy, type LoadOptions } from './policy/load-policy';
export { type ParseOptions, parsePolicy, type PolicyReader } from './policy/parse-policy';
export type { Alternative, Comparison, Operator, Policy, Refusal, Rule } from './policy/policy';
export {
  PolicyError,
  type PolicyProblem,
  type PolicyProblemCode,
  type SourcePosition,
} from './policy/policy-error';
export {
  adoptOrphans,
  anyStopped,
  type ChildState,
  isGone,
  killChild,
  openProcess,
  pollChild,
  pollStop,
  signalProcess,
  waitForChild,
} from './fork/child-state';
export { forkProcess } from './fork/fork-process';
export { FORKABLE_NODE_FLAGS, makeForkable } from './fork/forkable';
export {
  codeRange,
  codeRanges,
  forbidWritableCode,
  INTERPRETER_NODE_FLAGS,
  startCompiling,
  writableCode,
} from './jail/executable-memory';
export { faultOf } from './jail/faults';
export { Jail } from './jail/jail';
export { JailError } from './jail/jail-error';
export { limitFileSize, type Limits } from './jail/limits';
export { type Ids, type Namespace, NAMESPACES, userNamespaceRemedy } from './jail/namespaces';
export type { Bind } from './jail/root';
export { setNoNewPrivileges } from './jail/privileges';
export { ownFilters, verifyLockedDown } from './jail/verify-process';
export { checkEssentialCalls, EssentialCallError } from './seccomp/essential-calls';
export { type AskedCall, SeccompListener } from './seccomp/listener';
export { lockDown, type LockDownOptions } from './seccomp/lock-down';
